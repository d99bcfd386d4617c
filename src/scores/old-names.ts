// Names that the count scores had in version 0.1, for one version more.
import type { CountScore, CountScorer, CountSettings, CountWindow } from './counts/count-score.js';
import { listCountScores, registerScore } from './registry.js';

/** @deprecated `listCountScores` */
export const listTextScores = listCountScores;
/** @deprecated `registerScore`, which takes both kinds */
export const registerTextScore: (score: CountScore) => void = registerScore;

/** @deprecated `CountScore` */
export type TextScore = CountScore;
/** @deprecated `CountScorer` */
export type TextScorer = CountScorer;
/** @deprecated `CountSettings` */
export type TextSettings = CountSettings;
/** @deprecated `CountWindow` */
export type TextWindow = CountWindow;
