/* filesChoose.ts - the browser's own window for choosing files. */
export function filesChoose(accept = 'video/*,.mkv,.mxf,.mov,.m2ts,.ts,.avi'): Promise<File[]> {
  return new Promise((done) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.accept = accept;
    input.addEventListener('change', () => done([...(input.files ?? [])]));
    input.addEventListener('cancel', () => done([]));
    input.click();
  });
}
