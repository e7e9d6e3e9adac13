// Type-checks each dashboard in a folder: node check.js FOLDER
//
// TypeScript infers loose types from imported JSON. A literal of a declared type is checked completely, so each dashboard is wrapped
// as one, with the same line numbers as in its file.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));
const checked = join(here, 'checked');

rmSync(checked, { recursive: true, force: true });
mkdirSync(checked);
const dashboards = readdirSync(folder).filter((name) => name.endsWith('.json'));
for (const name of dashboards) {
  const json = readFileSync(join(folder, name), 'utf8');
  const declaration = "import type { Dashboard } from '../dashboard'; export const dashboard: Dashboard = ";
  writeFileSync(join(checked, `${name}.ts`), `${declaration}${json.trimEnd()};\n`);
}
if (dashboards.length === 0) {
  console.error(`there is no dashboard in ${folder}`);
  process.exit(1);
}
const tsc = join(here, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '--project', here], { cwd: here, stdio: 'inherit' });
process.exit(status ?? 1);
