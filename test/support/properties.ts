/**
 * @file Property tests draw the same examples in every run, so that a change that passes here passes on other machines
 * too. `PROPERTY_SEED=7 npm test` draws others; what fails prints its seed and path.
 */
import fc from 'fast-check';

const seed = Number(process.env.PROPERTY_SEED ?? 2026);
if (!Number.isSafeInteger(seed)) throw new Error(`PROPERTY_SEED is a whole number, not ${process.env.PROPERTY_SEED}`);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
