// The changes made to @corbado/connect-react 0.2.4-alpha.0 and @corbado/web-core
// 2.18.0 while they are bundled. Every pattern has to fit exactly once, or
// as often as its third item says.
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';

const edits = {
  'connect-react': [
    // A customer of Corbado's is named in texts that every user of the package sees.
    [/a service like VicRoads that uses passkeys/g, 'a service that uses passkeys'],
    [/log you in to your myVicRoads account/g, 'log you in to your account'],
    // The documented callback of the login component gets the signed passkey data;
    // this version passes the session of the same answer, in six places.
    [/\bonComplete\((\w+)\.val\.session\)/g, 'onComplete($1.val.signedPasskeyData)', 6],
    // Printed at each list.
    [/console\.log\("passkeyList",[\w$.]+\),/g, ''],
  ],
  'web-core': [
    // detectIncognito measures the message of the RangeError that this throws. The
    // same without eval: no report of a violated policy, and a right answer under one.
    [/\beval\("\(-1\)\.toFixed\(-1\);"\)/g, '(-1).toFixed(-1)'],
  ],
};

/** Refuses a source that pattern (which has the flag g) does not fit as often as it should. */
function mustFit(source, pattern, times) {
  const fits = source.match(pattern)?.length ?? 0;
  if (fits !== times) {
    throw new Error(`${pattern} fits ${fits} times, not ${times}: was the version changed?`);
  }
}

/** Replaces the one fit of pattern (which has the flag g) in source. */
function replaceOnce(source, pattern, replacement) {
  mustFit(source, pattern, 1);
  return source.replace(pattern, () => replacement);
}

/** The text of a published file with the edits of its package made. */
async function edited(name, file) {
  let source = await readFile(file, 'utf8');
  for (const [pattern, replacement, times = 1] of edits[name]) {
    mustFit(source, pattern, times);
    source = source.replace(pattern, replacement);
  }
  return source;
}

// connect-react's published file is: imports, `var N={740:…,210:…},n={};` (webpack
// modules, and the cache of those that were loaded), a small runtime with
// `function t(id)` that loads one of them, then the components. All modules but
// one are style sheets and the code that writes them into the page.
const webpack = /var N=(\{\d+:[^]*?\}),n=\{\};(function t\([^]*?)var c=\{\};/g;
const injection =
  /\bN=t\(62\),n=t\.n\(N\),[^;]*?,I=t\((\d+)\),l=\{\};l\.styleTagTransform=[^;]*?,n\(\)\(I\.Z,l\),I\.Z&&I\.Z\.locals&&I\.Z\.locals;/g;

/** Takes the style sheets out of the published file. */
function splitStyles(source) {
  const [found] = [...source.matchAll(webpack)];
  const [call] = [...source.matchAll(injection)];
  if (!found || !call) {
    throw new Error('connect-react: its style sheets are not where they were: was the version changed?');
  }
  const [, modules, runtime] = found;

  // Load the sheet that holds the others as the page would, but without a page.
  const { sheets, loaded, all } = vm.runInNewContext(
    `var N=${modules},n={};${runtime};({
      sheets: [...t(${call[1]}).Z],
      loaded: Object.keys(n),
      all: Object.entries(N).map(([id, module]) => [id, String(module)]),
    })`,
  );

  const calls = text => [...text.matchAll(/\b\w\((\d+)\)/g)].map(m => m[1]);
  const gone = new Set([...loaded, ...calls(call[0])]);
  const kept = all.filter(([id]) => !gone.has(id)).map(([id, module]) => `${id}:${module}`);
  const js = replaceOnce(source, injection, 'N=0;').replace(modules, () => `{${kept.join(',')}}`);

  const missed = [...js.matchAll(/\bt\((\d+)\)/g)].map(m => m[1]).concat(kept.flatMap(calls));
  for (const id of missed) {
    if (gone.has(id)) {
      throw new Error(`connect-react: module ${id} is still used but was taken out with the styles`);
    }
  }
  return { js, css: styles(sheets) };
}

/** The text of css-loader's sheets, in order, without those that import fonts. */
function styles(sheets) {
  const kept = [];
  for (const [, text, media, , supports, layer] of sheets) {
    if (media || supports || layer) {
      throw new Error('connect-react: a style sheet has a condition, which the build would lose');
    }
    // Fonts of a third party. The rules that use them name a fallback.
    if (!/^@import url\(https:\/\/fonts\.googleapis\.com\/[^)]*\);$/.test(text.trim())) {
      kept.push(text);
    }
  }
  const fonts = sheets.length - kept.length;
  if (fonts !== 2) {
    throw new Error(`connect-react: ${fonts} font imports, not 2: was the version changed?`);
  }
  return kept.join('\n');
}

/** esbuild plugin: patches both packages and turns the styles into a CSS file. */
export const patchPublished = {
  name: 'patch-published',
  setup(build) {
    let css;
    const patched = new Set();
    const published = name => ({ filter: new RegExp(`[\\\\/]@corbado[\\\\/]${name}[\\\\/]dist[\\\\/]index\\.js$`) });

    build.onLoad(published('web-core'), async ({ path }) => {
      const contents = await edited('web-core', path);
      patched.add('web-core');
      return { contents };
    });
    build.onLoad(published('connect-react'), async ({ path }) => {
      const split = splitStyles(await edited('connect-react', path));
      css = split.css;
      patched.add('connect-react');
      return { contents: `import "connect-react.css";${split.js}` };
    });
    build.onResolve({ filter: /^connect-react\.css$/ }, ({ path }) => ({ path, namespace: 'extracted' }));
    build.onLoad({ filter: /.*/, namespace: 'extracted' }, () => ({ contents: css, loader: 'css' }));

    build.onEnd(({ errors }) => {
      if (errors.length === 0 && patched.size !== Object.keys(edits).length) {
        throw new Error(`only ${[...patched].join(', ') || 'nothing'} was patched: was a file moved?`);
      }
    });
  },
};
