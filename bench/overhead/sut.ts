/** One system under test. */
export interface Sut {
  /** One whole call: the request from an object to JSON, the answer from JSON to an object. */
  readonly call?: () => Promise<unknown>;
  /** One stream to its end: the number of chunks seen. */
  readonly stream?: () => Promise<number>;
}

/** Where the provider listens, and which build of keywheel is measured. */
export interface Surroundings {
  /** As `http://127.0.0.1:1234`. */
  readonly origin: string;
  /** Folder of the built package. */
  readonly dist: string;
  /** Another build to compare with, or ''. */
  readonly against: string;
}

export type OpenSut = (surroundings: Surroundings) => Promise<Sut>;
