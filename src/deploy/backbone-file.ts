/** @file The fingerprint of a backbone's layers as a file, and back. */
import { z } from 'zod';
import type { Fingerprint, LayerPrint } from '../model/fingerprint.js';
import { checked } from './manifest.js';

const place = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);

const layerSchema: z.ZodType<LayerPrint> = z.strictObject({
  path: z.string(),
  class: z.string(),
  config: z.json(),
  reads: z.array(place),
  parameters: z.array(z.string()),
  get inner() {
    return z.array(layerSchema);
  },
});

const fileSchema = z.strictObject({
  format: z.literal('headgate-backbone'),
  version: z.literal(1),
  uses: z.array(layerSchema),
  features: z.record(z.string(), place),
});

export function backboneJson(backbone: Fingerprint): object {
  return { format: 'headgate-backbone', version: 1, ...backbone };
}

/** @throws HeadgateError `INVALID_MODEL_FILE` */
export function readBackbone(json: unknown, path: string): Fingerprint {
  const { uses, features } = checked(fileSchema, json, path);
  return { uses, features };
}
