// A plugin of TypeDoc: calls each module as an app imports it.
import { Converter, ReflectionKind } from 'typedoc'

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = ['express-sse-channels', module.name].filter((part) => part !== 'index').join('/')
    }
  })
}
