// The pictures that the README shows can be taken anew, and those that are checked in are whole.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { browserName, root, skip, timeout } from './support.mjs';

const program = path.join(root, 'tests/pictures/take.mjs');
const checkedIn = path.join(root, 'tests/pictures');
const pictures = (folder) => readdirSync(folder).filter((file) => file.endsWith('.png')).sort();

// Width and height of a PNG file, which begins with its signature and its header, and has an end.
function size(file) {
  const bytes = readFileSync(file);
  assert.equal(bytes.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n', file);
  assert.equal(bytes.toString('latin1', bytes.length - 8, bytes.length - 4), 'IEND', file);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), bytes: bytes.length };
}

// Chromium takes them; in Firefox there is nothing to test.
if (browserName === 'chromium')
  test('make pictures takes each picture of the README', { skip, timeout }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pictures-'));
    try {
      await promisify(execFile)('node', [program, folder]);
      assert.deepEqual(pictures(folder), pictures(checkedIn));
      for (const name of pictures(folder)) {
        const now = size(path.join(folder, name));
        const before = size(path.join(checkedIn, name));
        assert.ok(now.bytes > 10_000, `${name} has hardly anything in it`);
        assert.equal(now.width, before.width, name);
        assert.ok(before.bytes < 150_000, `${name} is large for a page that is only read`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

test('the README shows each picture, and no other', () => {
  const shown = readFileSync(path.join(root, 'README.md'), 'utf8').match(/tests\/pictures\/[\w-]+\.png/g);
  assert.deepEqual([...new Set(shown)].map((file) => path.basename(file)).sort(), pictures(checkedIn));
});
