// Tells what `node --test` did in the lines of `go test -json` (go doc
// test2json): a test file is a package, a test in a test is a subtest.
//
//     node --test --test-reporter=./reporter.mjs FILE...
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

export default async function* report(events) {
  const files = new Map();
  for await (const { type, data } of events) {
    if (!data.file) {
      continue; // sums and remarks about the run as a whole
    }
    const path = data.file.startsWith('file:') ? fileURLToPath(data.file) : resolve(data.file);
    if (!files.has(path)) {
      files.set(path, new File(relative('.', path)));
    }
    const file = files.get(path);
    // Node tells of a file as if it were a test: one that crashed, or one that has no tests and so "passes".
    const isFile = data.nesting === 0 && resolve(data.name ?? '') === path;
    switch (type) {
      case 'test:start':
        yield* isFile ? [] : file.start(data);
        break;
      case 'test:pass':
        yield* isFile ? [] : file.end(data, data.skip || data.todo || isEmptySuite(data, file) ? 'skip' : 'pass');
        break;
      case 'test:fail':
        yield* isFile ? file.crash(data) : file.end(data, data.todo ? 'skip' : 'fail');
        break;
      case 'test:stdout':
      case 'test:stderr':
        yield file.line({ Action: 'output', Output: data.message });
        break;
    }
  }
  for (const file of files.values()) {
    yield* file.close();
  }
}

const isEmptySuite = (data, file) => data.details.type === 'suite' && file.last === file.path(data);

class File {
  stack = [];
  names = new Set();
  tests = 0;
  failed = false;
  began = Date.now();
  ended = this.began;
  last = ''; // the test that began last: when it ends it has had none inside

  constructor(name) {
    this.name = name;
  }

  line(event) {
    this.ended = Date.now();
    return `${JSON.stringify({ Package: this.name, ...event })}\n`;
  }

  path(data) {
    return this.stack.slice(0, data.nesting + 1).join('/');
  }

  *start(data) {
    this.stack.length = data.nesting;
    const name = data.name.replaceAll('/', '∕'); // a slash parts a test from its subtest
    this.stack.push(name);
    // Node lets two tests have one name.
    for (let i = 1; this.names.has(this.path(data)); i++) {
      this.stack[data.nesting] = `${name}#${String(i).padStart(2, '0')}`;
    }
    this.last = this.path(data);
    this.names.add(this.last);
    this.tests++;
    yield this.line({ Action: 'run', Test: this.last });
  }

  *end(data, action) {
    const Test = this.path(data);
    if (action === 'fail') {
      this.failed = true;
      yield this.line({ Action: 'output', Test, Output: `--- FAIL: ${Test}\n${reason(data)}\n` });
    }
    yield this.line({ Action: action, Test, Elapsed: data.details.duration_ms / 1000 });
  }

  *crash(data) {
    this.failed = true;
    yield this.line({ Action: 'output', Output: `${reason(data)}\n` });
  }

  *close() {
    if (this.tests === 0 && !this.failed) {
      this.failed = true;
      yield this.line({ Action: 'output', Output: 'no test in this file\n' });
    }
    const Elapsed = (this.ended - this.began) / 1000;
    yield this.line({ Action: this.failed ? 'fail' : 'pass', Elapsed });
  }
}

function reason({ details: { error } }) {
  const cause = error?.cause ?? error;
  return typeof cause === 'string' ? cause : inspect(cause);
}
