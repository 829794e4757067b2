/** Why the slower of two attempts at one call was aborted. Nobody outside sees it but the report. */
export class LostRace extends Error {
  constructor() {
    super('Cannot go on with the attempt as another one of the same call answered first');
    this.name = 'LostRace';
  }
}
