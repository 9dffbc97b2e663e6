export { BrowseScreen } from './BrowseScreen';
export { CollectionScreen } from './CollectionScreen';
export { PersonScreen } from './PersonScreen';
