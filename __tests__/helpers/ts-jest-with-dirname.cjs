// Transforms TypeScript as ts-jest does. Jest runs CommonJS, where `import.meta` is a syntax error: in src, its `dirname`
// becomes `__dirname`, as in the build.
const { join, sep } = require('node:path')
const { default: tsJest } = require('ts-jest')

const src = join(__dirname, '../../src') + sep

const withDirname = (text, path) => (path.startsWith(src) ? text.replaceAll('import.meta.dirname', '__dirname') : text)

module.exports = {
  createTransformer(options) {
    const transformer = tsJest.createTransformer(options)
    return {
      canInstrument: transformer.canInstrument,
      process: (text, path, config) => transformer.process(withDirname(text, path), path, config),
      processAsync: (text, path, config) => transformer.processAsync(withDirname(text, path), path, config),
      getCacheKey: (text, path, config) => transformer.getCacheKey(withDirname(text, path), path, config),
    }
  },
}
