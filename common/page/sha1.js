// What the accept key is made of (§1.3, §4.2.2).

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

// SHA-1 (FIPS 180-4) of some bytes. crypto.subtle.digest() does the same in a line, but browsers
// have it only on pages from https: or localhost, and yours may have come from http://192.168...
function sha1(bytes) {
  // The bytes, a 1 bit, zeros up to a multiple of 64 bytes; the length in bits comes last.
  const padded = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64));
  bytes.forEach((byte, i) => padded.setUint8(i, byte));
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(padded.byteLength - 4, bytes.length * 8);

  const rotate = (x, n) => (x << n) | (x >>> (32 - n));
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const w = new Int32Array(80);
  for (let block = 0; block < padded.byteLength; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = padded.getInt32(block + 4 * i);
    for (let i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    let [a, b, c, d, e] = hash;
    for (let i = 0; i < 80; i++) {
      const mix = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999
                : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                : (b ^ c ^ d) + 0xca62c1d6;
      [a, b, c, d, e] = [(rotate(a, 5) + mix + e + w[i]) | 0, a, rotate(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((x, i) => { hash[i] = (hash[i] + x) | 0; });
  }
  const digest = new DataView(new ArrayBuffer(20));
  hash.forEach((x, i) => digest.setInt32(4 * i, x));
  return new Uint8Array(digest.buffer);
}
