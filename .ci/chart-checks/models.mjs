// Holds custom resources against the schemas of the operators that own them. kubernetes-validate knows none of these.
//
//     node models.mjs NODE_MODULES RENDERED.json...
//
// RENDERED.json is a list of objects. The models' validators know types, enums and what is required, but pass over a field that is
// misspelt; so every field must also be one that the kind's schema names somewhere.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
const OWNERS = {
  "keda.sh/v1alpha1": "keda/keda.sh/v1alpha1",
  "monitoring.coreos.com/v1": "prometheus-operator/monitoring.coreos.com/v1",
};
// Whoever writes these gives the names.
const FREE = new Set(["metadata", "matchLabels", "labels", "annotations"]);

function named(file, seen = new Map()) {
  if (!seen.has(file)) {
    const text = readFileSync(file, "utf8");
    seen.set(file, [...text.matchAll(/data(?:\d*)\.(\w+)/g)].map((match) => match[1]));
    for (const [, path] of text.matchAll(/from"([^"]*_schemas\/[^"]+|\.\/[^"]+)"/g)) {
      const whole = path.endsWith(".js") ? path : `${path}.js`;
      named(path.startsWith(".") ? resolve(dirname(file), whole) : resolve(modules, whole), seen);
    }
  }
  return new Set([...seen.values()].flat());
}

function unknown(value, known, path) {
  if (Array.isArray(value)) return value.flatMap((inner, i) => unknown(inner, known, `${path}[${i}]`));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(known.has(key) ? [] : [`${path}.${key} is no field`]),
    ...(FREE.has(key) ? [] : unknown(inner, known, `${path}.${key}`)),
  ]);
}

let validated = 0;
let wrong = 0;
for (const file of files) {
  for (const object of JSON.parse(readFileSync(file, "utf8"))) {
    const owner = OWNERS[object?.apiVersion];
    if (!owner) continue;
    const source = resolve(modules, "@kubernetes-models", owner, `${object.kind}.js`);
    const { [object.kind]: Model } = await import(pathToFileURL(source).href);
    const problems = [];
    try {
      new Model(object).validate();
    } catch (error) {
      problems.push(error.message);
    }
    problems.push(...unknown(object.spec, named(source), "spec"));
    validated += 1;
    wrong += problems.length;
    for (const problem of problems) console.error(`${file}: ${object.kind} ${object.metadata.name}: ${problem}`);
  }
}
console.log(`${validated} custom resources validated, ${wrong} failed`);
process.exit(wrong > 0 || validated === 0 ? 1 : 0);
