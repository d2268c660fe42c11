// `node python314.mjs PYODIDE APP`: the phone's sources on the very Python that python-for-android ships, as WebAssembly.
// Compiles every file with warnings as errors and imports the pure core. Prints one JSON object.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const [package_, app] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(package_, "pyodide.mjs")).href);
const python = await loadPyodide({ indexURL: package_ + "/", stdout: () => {} });

function* sources(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (name.endsWith(".py")) yield path;
  }
}

let count = 0;
for (const path of sources(app)) {
  const inside = "/app/" + relative(app, path);
  python.FS.mkdirTree(dirname(inside));
  python.FS.writeFile(inside, readFileSync(path));
  count++;
}
const told = python.runPython(`
import importlib, json, pathlib, sys, warnings
warnings.simplefilter("error")
sys.path.insert(0, "/app")
failed = []
for path in sorted(pathlib.Path("/app").rglob("*.py")):
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True, optimize=2)
    except (SyntaxError, Warning) as error:
        failed.append(f"{path}: {error}")
imported = [path.stem for path in sorted(pathlib.Path("/app/mobile_app/core").glob("*.py"))]
for name in imported:
    try:
        importlib.import_module(f"mobile_app.core.{name}")
    except Exception as error:
        failed.append(f"mobile_app.core.{name}: {type(error).__name__}: {error}")
json.dumps({"version": sys.version.split()[0], "failed": failed, "imported": len(imported)})
`);
console.log(JSON.stringify({ ...JSON.parse(told), files: count }));
