/** The version of keywheel, as it introduces itself to providers. A house test may hold it to `package.json`. */
export const VERSION = '0.1.0';
