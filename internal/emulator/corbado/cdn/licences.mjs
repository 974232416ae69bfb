// web-js.LICENSES.txt: whose code is in the bundle, and under what terms.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

// The packages that esbuild puts in, and what is already inside each of them as
// published (from their source maps). Versions of the latter are the makers'.
const inside = {
  '@corbado/connect-react': ['date-fns', 'loglevel'],
  '@corbado/web-core': [
    '@corbado/webauthn-json',
    '@fingerprintjs/fingerprintjs',
    'axios',
    'detectincognitojs',
    'loglevel',
    'rxjs',
    'ts-results',
    'tslib',
  ],
  react: [],
  'react-dom': [],
  scheduler: [],
};

/** The text of the file, for the inputs that esbuild reports. */
export async function licences(root, inputs) {
  const bundled = new Set();
  for (const input of inputs) {
    const name = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
    if (name) {
      bundled.add(name);
    }
  }
  for (const name of bundled) {
    if (!(name in inside)) {
      throw new Error(`${name} is bundled but not listed in licences.mjs`);
    }
  }

  const parts = [
    'web-js-latest.min.js and web-js-latest.min.css are bundled from the packages below,\n' +
      'with the changes that the README beside their build names. Packages "inside" another\n' +
      'one were bundled into it by its maker.\n',
  ];
  for (const name of [...bundled].sort()) {
    parts.push(await entry(root, name, ''));
    for (const inner of inside[name]) {
      parts.push(await entry(root, inner, name));
    }
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function entry(root, name, within) {
  const dir = path.join(root, 'node_modules', name);
  const { version, license } = JSON.parse(await readFile(path.join(dir, 'package.json'), 'utf8'));
  const file = (await readdir(dir)).filter(f => /^licen[cs]e/i.test(f)).sort()[0];
  if (!file) {
    throw new Error(`${name} has no licence file`);
  }
  const text = (await readFile(path.join(dir, file), 'utf8')).replace(/\r\n/g, '\n').trim();
  const title = within ? `${name} (inside ${within})` : `${name} ${version}`;
  return `${title}\npackage.json says: ${license}; its ${file} says:\n\n${text}\n`;
}
