/* shaka.ts - the one place that imports Shaka, always through import(): it is a chunk of its own. */
import shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

shaka.polyfill.installAll();
export default shaka;
