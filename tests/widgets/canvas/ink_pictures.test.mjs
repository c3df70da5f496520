import assert from "node:assert/strict";
import test from "node:test";

import { picturePayload } from "../../../widgets/canvas/ink/pictures.js";

test("a file that fits into a message goes as it is", async () => {
  const payload = await picturePayload(new File([Uint8Array.of(1, 2, 3)], "shoe.png"));
  assert.equal(payload.name, "shoe.png");
  assert.deepEqual([...new Uint8Array(payload.buffer)], [1, 2, 3]);
  assert.ok(!("full" in payload));
});

test("one that does not goes smaller, and says what it was", async (context) => {
  const drawn = [];
  globalThis.createImageBitmap = async () => ({ width: 6000, height: 4000 });
  globalThis.OffscreenCanvas = class {
    constructor(width, height) {
      drawn.push([width, height]);
    }
    getContext() {
      return { drawImage() {} };
    }
    async convertToBlob({ type }) {
      return new Blob([type]);
    }
  };
  context.after(() => {
    delete globalThis.createImageBitmap;
    delete globalThis.OffscreenCanvas;
  });
  const payload = await picturePayload(new File([new Uint8Array(7_000_001)], "large.png"));
  assert.deepEqual(drawn, [[2048, 1365]]);
  assert.deepEqual([payload.name, payload.full], ["large.png", [6000, 4000]]);
  assert.equal(new TextDecoder().decode(payload.buffer), "image/webp");
});
