/** @file What MANN (BeyondML 0.1.7, on TensorFlow 2.21 and PyTorch 2.13) computed from inputs that we chose. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const numbers = z.array(z.number());
const matrix = z.array(numbers);
const matrices = z.array(matrix);
const images = z.array(matrices);
const masks = z.object({ percentile: z.number(), kernel_mask: matrices, bias_mask: matrix });

export const mann = z
  .object({
    percentile_masks: z.array(z.object({ values: numbers, percentile: z.number(), mask: numbers })),
    kept_formula: z.object({ cases: z.array(z.tuple([z.number(), z.number(), z.number()])) }),
    multi_magnitude: z.object({
      kernel: matrices,
      bias: matrix,
      cases: z.array(
        masks.extend({
          exclusive: z.boolean().optional(),
          torch_prune: z.boolean().optional(),
          kernel_after: matrices.optional(),
          bias_after: matrix.optional(),
        }),
      ),
    }),
    multi_gradient_injected: z.object({
      kernel_grad: matrices,
      bias_grad: matrix,
      cases: z.array(masks.extend({ exclusive: z.boolean() })),
    }),
    mask_task_weights_sequence: z.object({
      kernel: matrices,
      bias: matrix,
      steps: z.array(masks.extend({ task: z.number(), kernel_after: matrices })),
    }),
    masked_dense: z.object({
      x: matrix,
      kernel: matrix,
      bias: numbers,
      kernel_mask: matrix,
      bias_mask: numbers,
      y: matrix,
      kernel_after_set_masks: matrix,
    }),
    masked_conv2d: z.object({
      x: images,
      kernel: images,
      bias: numbers,
      kernel_mask: images,
      bias_mask: numbers,
      y: z.object({ same_s1: images, valid_s1: images, same_s2: images, valid_s2: images }),
    }),
    multi_masked_dense: z.object({
      x: matrices,
      kernel: matrices,
      bias: matrix,
      kernel_mask: matrices,
      bias_mask: matrix,
      y: matrices,
    }),
    multi_max_pool2d_default: z.object({ x: z.array(images), y: z.array(images) }),
    multitask_normalization: z.object({ x: matrices, tf_y: matrices, pt_y: matrices }),
    gradient_scoring_mse: z.object({
      x: matrices,
      y: matrices,
      kernel: matrices,
      bias: matrix,
      kernel_grad: matrices,
      bias_grad: matrix,
      percentile: z.number(),
      kernel_mask: matrices,
      bias_mask: matrix,
    }),
    transformer_block: z.object({
      args: z.tuple([z.tuple([z.number(), z.number()]), z.number(), z.number(), z.number()]),
      output_shape: z.array(z.number().nullable()),
      params: z.number(),
    }),
    positional_encoding_d4_len3: matrix,
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/mann_dum_fixtures.json', import.meta.url), 'utf8')));
