// Transforms TypeScript as ts-jest does. Jest runs CommonJS, where `import.meta` is a syntax error: its `dirname` becomes
// `__dirname`, as in the build.
const { default: tsJest } = require('ts-jest')

const withDirname = (text) => text.replaceAll('import.meta.dirname', '__dirname')

module.exports = {
  createTransformer(options) {
    const transformer = tsJest.createTransformer(options)
    return {
      canInstrument: transformer.canInstrument,
      process: (text, path, config) => transformer.process(withDirname(text), path, config),
      processAsync: (text, path, config) => transformer.processAsync(withDirname(text), path, config),
      getCacheKey: (text, path, config) => transformer.getCacheKey(withDirname(text), path, config),
    }
  },
}
