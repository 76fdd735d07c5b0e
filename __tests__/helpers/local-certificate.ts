// A key and a certificate for servers on this machine, for tests alone: nobody trusts it, and it protects nothing.
// Made with: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
//            -addext subjectAltName=DNS:localhost,IP:127.0.0.1
export const localCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP2vcp9tU1tQXDhWj
+kuOrVNR096HcMaCnAGAbe0cD7ChRANCAASL/DUC0eFNEUVYWPAOQT351Y09bI8B
yQUruoKW4+HiniNV0zX9hhLWYXNfbKswNNJRKA8mOfEjgxZmNkuW05NQ
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUTQqytg0uUmvgpQk4RsZFRP1FncQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA0NTQ1NFoYDzIxMjYxMDI4
MDQ1NDU0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASL/DUC0eFNEUVYWPAOQT351Y09bI8ByQUruoKW4+HiniNV0zX9hhLW
YXNfbKswNNJRKA8mOfEjgxZmNkuW05NQo28wbTAdBgNVHQ4EFgQUrxSdJKcGt3OP
iEePLtrvdhalvgIwHwYDVR0jBBgwFoAUrxSdJKcGt3OPiEePLtrvdhalvgIwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAJay7et7ynLxyzZKUJGOM8CfsXPaMsaFMq3X0AT79TTjAiAc
s3Wki4YTwPJcyQK8AMESLQ/WWeV+KV0fkAtqRznokw==
-----END CERTIFICATE-----`,
}
