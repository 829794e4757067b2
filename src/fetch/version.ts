/** `v1`, `v2`, `v1beta`, `v1alpha`, `v1beta1`, `v1p1beta1`. */
const VERSION = /^v\d+(p\d+)?((alpha|beta)\d*)?$/;

export function isVersion(segment: string | undefined): boolean {
  return segment !== undefined && VERSION.test(segment);
}
