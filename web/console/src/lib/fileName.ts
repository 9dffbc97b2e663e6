/* fileName.ts - what a file's name says: whether it is a film, and what a title may be called after it. */
const films = /\.(mp4|m4v|mov|mkv|webm|avi|mpg|mpeg|ts|m2ts|mts|mxf|wmv|flv|ogv|3gp)$/i;

export const isFilm = (file: { name: string; type: string }): boolean => films.test(file.name) || file.type.startsWith('video/');

/** "the.lighthouse_1080p.x264.mkv" -> "The lighthouse"; a name that holds nothing else stays as it is. */
export function titleOfFile(name: string): string {
  const stem = name.replace(/\.[^.]{1,5}$/, '');
  const words = stem.replace(/[._]+/g, ' ').replace(/\s+-\s+$/, ' ');
  const cut = words.replace(/\b(\d{3,4}[pi]|4k|uhd|hdr10?|x26[45]|h\.?26[45]|hevc|avc|prores|web-?dl|bluray|final|master)\b.*$/i, '').replace(/[\s-]+$/, '').trim();
  const text = (cut || words).trim() || name;
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
