/* themeIcon.ts - the icon of a house with a look of its own: in the browser's tab, and as the PNG that iOS wants for a home screen (which reads no manifest's SVG). */
const SIDE = 180;
const drawn = '/api/v1/storefront/icon.svg';

export async function themeIcon(): Promise<void> {
  const canvas = document.createElement('canvas');
  const g = canvas.getContext('2d');
  document.querySelector('link[rel="icon"]')?.setAttribute('href', drawn);
  const picture = new Image(SIDE, SIDE);
  picture.src = drawn;
  await picture.decode();
  canvas.width = canvas.height = SIDE;
  g?.drawImage(picture, 0, 0, SIDE, SIDE);
  document.querySelector('link[rel="apple-touch-icon"]')?.setAttribute('href', canvas.toDataURL('image/png'));
}
