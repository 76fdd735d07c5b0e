/**
 * Bytes that fill the sockets of both sides while the client does not read. Linux takes some 4 MiB on loopback; TLS and HTTP/2
 * windows take less.
 */
export const MORE_THAN_SOCKETS_HOLD = 12 * 1024 * 1024
