// Builds dist/ from the published npm packages:
//
//   npm ci && node build.mjs          writes dist/
//   npm ci && node build.mjs --check  fails if dist/ is not what would be written
//
// The packages are patched while they are read (patch.mjs). A patch that does
// not fit fails the build, so that another version cannot slip in unpatched.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licences } from './licences.mjs';
import { patchPublished } from './patch.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, 'dist');

const pinned = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')).dependencies;
for (const [name, want] of Object.entries(pinned)) {
  const file = path.join(root, 'node_modules', name, 'package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8'));
  if (version !== want) {
    throw new Error(`${name} ${version} is installed, package.json pins ${want}: run npm ci`);
  }
}

const banner =
  '/*! Stand-in for the Corbado Connect script, for tests and demos; not made by Corbado. ' +
  `Bundled from @corbado/connect-react ${pinned['@corbado/connect-react']} and ` +
  `@corbado/web-core ${pinned['@corbado/web-core']}, changed as its README says. ` +
  'Licences: web-js.LICENSES.txt */';

const result = await build({
  absWorkingDir: root,
  entryPoints: { 'web-js-latest.min': 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'iife',
  target: 'es2020',
  legalComments: 'none',
  banner: { js: banner, css: banner },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [patchPublished],
  logLevel: 'warning',
});

const files = new Map(result.outputFiles.map(f => [path.basename(f.path), f.text]));
files.set('web-js.LICENSES.txt', await licences(root, Object.keys(result.metafile.inputs)));

for (const [name, text] of files) {
  // What a patch of one place may have missed elsewhere.
  for (const gone of [/vicroads/i, /fonts\.googleapis/, /console\.log\("passkeyList/, /createElement\("style"\)/, /\beval\(|new Function\(/]) {
    if (gone.test(text)) {
      throw new Error(`${name} still holds ${gone}`);
    }
  }
}

// Without a module of its own here, `go build ./...` would look for packages
// among the installed ones.
await writeFile(path.join(root, 'node_modules', 'go.mod'), 'module node_modules\n');

if (process.argv.includes('--check')) {
  for (const [name, text] of files) {
    if ((await readFile(path.join(dist, name), 'utf8').catch(() => '')) !== text) {
      throw new Error(`dist/${name} is not up to date: run node build.mjs`);
    }
  }
} else {
  await mkdir(dist, { recursive: true });
  for (const [name, text] of files) {
    await writeFile(path.join(dist, name), text);
  }
}
for (const [name, text] of files) {
  console.log(`${name} ${Buffer.byteLength(text)} bytes`);
}
