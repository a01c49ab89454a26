/** @file Walks over what a depthwise filter touches, in the order in which the tensors lie in memory. */
import type { ConvolutionInfo } from './attributes.js';

/**
 * Calls `visit` for each filter tap and each output pixel that it reaches, with the offsets of the input pixel's, the
 * output pixel's and the tap's first channel.
 */
export function forEachTap(
  info: ConvolutionInfo,
  visit: (inputOffset: number, outputOffset: number, filterOffset: number) => void,
): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels, outChannels, padInfo } = info;
  for (let filterRow = 0; filterRow < info.filterHeight; filterRow++) {
    for (let filterColumn = 0; filterColumn < info.filterWidth; filterColumn++) {
      const filterOffset = (filterRow * info.filterWidth + filterColumn) * outChannels;
      for (let image = 0; image < batchSize; image++) {
        for (let outRow = 0; outRow < outHeight; outRow++) {
          const inRow = outRow * info.strideHeight + filterRow * info.dilationHeight - padInfo.top;
          if (inRow < 0 || inRow >= inHeight) continue;
          for (let outColumn = 0; outColumn < outWidth; outColumn++) {
            const inColumn = outColumn * info.strideWidth + filterColumn * info.dilationWidth - padInfo.left;
            if (inColumn < 0 || inColumn >= inWidth) continue;
            visit(
              ((image * inHeight + inRow) * inWidth + inColumn) * inChannels,
              ((image * outHeight + outRow) * outWidth + outColumn) * outChannels,
              filterOffset,
            );
          }
        }
      }
    }
  }
}
