/** @file Walks over what a convolution's filter touches, in the order in which the tensors lie in memory. */
import type { tf } from '../../../tf.js';
import type { ConvolutionInfo } from './attributes.js';

export type VolumeInfo = ReturnType<typeof tf.backend_util.computeConv3DInfo>;

/** A plane as a volume one voxel deep. */
export function asVolume(info: ConvolutionInfo): VolumeInfo {
  return {
    ...info,
    inDepth: 1,
    outDepth: 1,
    strideDepth: 1,
    filterDepth: 1,
    effectiveFilterDepth: 1,
    dilationDepth: 1,
    padInfo: { ...info.padInfo, front: 0, back: 0 },
    inShape: [info.batchSize, 1, info.inHeight, info.inWidth, info.inChannels],
    outShape: [info.batchSize, 1, info.outHeight, info.outWidth, info.outChannels],
    filterShape: [1, ...info.filterShape],
  };
}

/**
 * Calls `visit` for each tap of the filter and each output voxel that it reaches, with the numbers of the input voxel,
 * the output voxel and the tap: times their channels, these are offsets.
 */
export function forEachTap(info: VolumeInfo, visit: (input: number, output: number, tap: number) => void): void {
  const { batchSize, inDepth, inHeight, inWidth, outDepth, outHeight, outWidth, padInfo } = info;
  let tap = 0;
  for (let filterDepth = 0; filterDepth < info.filterDepth; filterDepth++) {
    for (let filterRow = 0; filterRow < info.filterHeight; filterRow++) {
      for (let filterColumn = 0; filterColumn < info.filterWidth; filterColumn++, tap++) {
        for (let image = 0; image < batchSize; image++) {
          for (let z = 0; z < outDepth; z++) {
            const inZ = z * info.strideDepth + filterDepth * info.dilationDepth - padInfo.front;
            if (inZ < 0 || inZ >= inDepth) continue;
            for (let row = 0; row < outHeight; row++) {
              const inRow = row * info.strideHeight + filterRow * info.dilationHeight - padInfo.top;
              if (inRow < 0 || inRow >= inHeight) continue;
              const inLine = ((image * inDepth + inZ) * inHeight + inRow) * inWidth;
              const outLine = ((image * outDepth + z) * outHeight + row) * outWidth;
              for (let column = 0; column < outWidth; column++) {
                const inColumn = column * info.strideWidth + filterColumn * info.dilationWidth - padInfo.left;
                if (inColumn >= 0 && inColumn < inWidth) visit(inLine + inColumn, outLine + column, tap);
              }
            }
          }
        }
      }
    }
  }
}
