// Bytes as people write them: "41 00 ff", also "0x41, 0x00" or "4100ff".

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

Object.assign(sharedWords, {
  notHex: ['“{}” is no hexadecimal digit: those are 0 to 9 and a to f', '“{}”不是十六进制数字，只能用 0～9 和 a～f'],
  oddHex: ['“{}” has an odd number of digits: a byte has two, such as 0a', '“{}”的位数是奇数：每个字节写两位，例如 0a'],
});

// { bytes }, or { problem }: what is wrong, in words.
function parseHex(text) {
  const bytes = [];
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const digits = word.replace(/^0x/i, '');
    const wrong = [...digits].find((digit) => !/^[0-9a-f]$/i.test(digit));
    if (wrong !== undefined) return { problem: t('notHex', wrong) };
    if (digits.length % 2 > 0 || digits === '') return { problem: t('oddHex', word) };
    for (let i = 0; i < digits.length; i += 2) bytes.push(parseInt(digits.slice(i, i + 2), 16));
  }
  return { bytes: Uint8Array.from(bytes) };
}
