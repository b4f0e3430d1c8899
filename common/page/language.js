// What all pages have in common: the words, in English and in Chinese, and the size of the type. The
// page's own words are in `words`; {} is where a value goes.

const sharedWords = {
  otherLanguage: ['中文', 'English'],
  smaller: ['A−, smaller type', 'A−，缩小字号'],
  larger: ['A+, larger type, for a projector', 'A+，放大字号（投影用）'],
  byte: ['{} byte', '{} 字节'],
  bytes: ['{} bytes', '{} 字节'],
};

const $ = (id) => document.getElementById(id);

// A browser may forbid a page to remember anything: then it just does not.
function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* forbidden */ }
}

function remembered(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

// The browser's language, until somebody presses the switch.
const browserLanguage = navigator.language.startsWith('zh') ? 'zh-CN' : 'en';
let language = ['en', 'zh-CN'].find((name) => name === remembered('language')) || browserLanguage;
let clock;

const inLanguage = (pair) => pair[language === 'en' ? 0 : 1];

function t(name, ...values) {
  return inLanguage(words[name] || sharedWords[name]).replace(/\{\}/g, () => values.shift());
}

const byteCount = (n) => t(n === 1 ? 'byte' : 'bytes', n.toLocaleString(language));

// All that is not in a log yet; what was written there stays as it is. The page does the rest in its
// own showInLanguage().
function showWords() {
  document.documentElement.lang = language;
  document.title = t('title');
  for (const element of document.querySelectorAll('[data-t]'))
    element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', t(element.dataset.label));
    if (element.matches('button')) element.title = t(element.dataset.label);
  }
  $('language').lang = language === 'en' ? 'zh-CN' : 'en';  // it says the other one's name
  clock = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' });
  showInLanguage();
}

$('language').onclick = () => {
  language = $('language').lang;
  remember('language', language);
  showWords();
};

// From a desk to the wall of a classroom. In the page's style, --size is a factor for all there is.
const SIZES = [0.8, 1, 1.25, 1.5, 1.8, 2.2, 2.7];
let size = SIZES.includes(Number(remembered('size'))) ? Number(remembered('size')) : 1;

function showSize() {
  document.documentElement.style.setProperty('--size', size);
  // aria-disabled, not disabled: who presses A+ with the keyboard must not lose the focus.
  $('smaller').setAttribute('aria-disabled', size === SIZES[0]);
  $('larger').setAttribute('aria-disabled', size === SIZES.at(-1));
}

function changeSize(step) {
  size = SIZES[SIZES.indexOf(size) + step] || size;
  remember('size', size);
  showSize();
}

$('smaller').onclick = () => changeSize(-1);
$('larger').onclick = () => changeSize(1);
showSize();
