// The doors as the source tree has them: which file answers at which address, and whether it says who may come in.
import fs from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
/** The one file that answers where there is no door. */
const NO_DOOR = '/api/[...path]'

export interface DoorFile {
  file: string
  route: string
  /** Empty: the door looks at the method itself. */
  method: string
}

/** As the framework reads file names. */
export function readDoors(root: string): DoorFile[] {
  return [
    ['server/api', '/api'],
    ['server/routes', ''],
  ]
    .flatMap(([folder = '', prefix = '']) =>
      fs
        .globSync('**/*', { cwd: path.join(root, folder), withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => {
          const file = path.relative(path.join(root, folder), path.join(entry.parentPath, entry.name))
          const bare = file.replace(/\.ts$/, '')
          const method = METHODS.find((name) => bare.endsWith(`.${name}`))
          const route = `${prefix}/${method ? bare.slice(0, -method.length - 1) : bare}`.replace(
            /\/index$/,
            '',
          )
          return { file: `${folder}/${file}`, route, method: method ?? '' }
        }),
    )
    .filter(({ route }) => route !== NO_DOOR)
}

/** What a declaration may be: a call of one of these with an object, or a handler with one of those attached. */
const DECLARING_CALLS: Record<string, string> = {
  defineEndpoint: '#server/http/define-endpoint.ts',
  defineIngestDoor: '#server/http/ingest-door.ts',
}
const ATTACHED = ['endpoint', 'ingest', 'live']

/** True when the file's default export carries a declaration, by its syntax; or is that of another door, which does. */
export function isDeclared(file: string): boolean {
  const tree = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const other = passedOn(tree)
  if (other !== undefined) return other.startsWith('.') && isDeclared(path.resolve(path.dirname(file), other))
  const imports = new Map(tree.statements.filter(ts.isImportDeclaration).flatMap(namesOf))
  const exported = tree.statements.find(ts.isExportAssignment)?.expression
  if (!exported || !ts.isCallExpression(exported)) return false
  const callee = exported.expression.getText(tree)
  if (callee === 'Object.assign')
    return propertiesOf(exported.arguments[1]).some((name) => ATTACHED.includes(name))
  if (!DECLARING_CALLS[callee] || imports.get(callee) !== DECLARING_CALLS[callee]) return false
  return callee !== 'defineEndpoint' || propertiesOf(exported.arguments[0]).includes('access')
}

/** `export { default } from '…'`: the same door at another address. */
function passedOn(tree: ts.SourceFile): string | undefined {
  const [only, ...others] = tree.statements
  if (!only || others.length > 0 || !ts.isExportDeclaration(only) || !only.moduleSpecifier) return undefined
  const names = only.exportClause && ts.isNamedExports(only.exportClause) ? only.exportClause.elements : []
  return names.length === 1 && names[0]!.getText(tree) === 'default'
    ? (only.moduleSpecifier as ts.StringLiteral).text
    : undefined
}

function namesOf(declaration: ts.ImportDeclaration): [string, string][] {
  const from = (declaration.moduleSpecifier as ts.StringLiteral).text
  const bindings = declaration.importClause?.namedBindings
  return bindings && ts.isNamedImports(bindings)
    ? bindings.elements.map((element): [string, string] => [element.name.text, from])
    : []
}

function propertiesOf(node: ts.Expression | undefined): string[] {
  if (!node || !ts.isObjectLiteralExpression(node)) return []
  return node.properties.flatMap((property) => (property.name ? [property.name.getText()] : []))
}
