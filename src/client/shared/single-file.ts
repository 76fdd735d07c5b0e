// The whole client in one file, for pages without a bundler.
export * from '../index.js'
export * from './index.js'
