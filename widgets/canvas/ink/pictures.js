// Pictures that a person brings: dropped, pasted or chosen; sent to the kernel byte by byte as they are.

const PIECE_BYTES = 2_000_000; // well below what a message may hold, so that a slow line shows that it goes on
const LARGEST_BYTES = 128_000_000; // as in `file_pieces.py`
const DRAGGED = "application/x-sketchlab-picture"; // a picture of this page, which lies on the window meanwhile

/** The first picture among what was dropped or pasted; null when there is none. */
export function pictureIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;
}

/** Sends a file to the kernel, which decodes it: in pieces where it does not fit into a message, then the change `op`.
 *  What goes wrong is said: the kernel refuses what it cannot open. */
export async function bring(file, op, outbox) {
  const { name, size } = file;
  if (size > LARGEST_BYTES) {
    const [has, most] = [size, LARGEST_BYTES].map((bytes) => Math.round(bytes / 1e6));
    outbox.refuse(`${name} has ${has} MB, and a page sends ${most} at most: assign it in Python, as in studio.image = "…"`);
    return;
  }
  const upload = `${performance.now()}`;
  let at = 0;
  try {
    for (; size - at > PIECE_BYTES; at += PIECE_BYTES) {
      outbox.tell(`${name} is on its way: ${Math.floor((100 * at) / size)} %`);
      const buffer = await file.slice(at, at + PIECE_BYTES).arrayBuffer();
      if (!(await outbox.push({ op: "piece", upload, at, buffer }))) return;
    }
    const last = await file.slice(at).arrayBuffer();
    outbox.push({ op, name, buffer: last, ...(at && { upload, at }) });
  } catch {
    outbox.refuse(`${name} cannot be read by this browser: is it still there?`);
  } finally {
    outbox.tell("");
  }
}

/** Listens for pictures that are dropped or pasted on an element. */
export function listenForPictures(node, take, signal) {
  const on = (name, handler) => node.addEventListener(name, handler, { signal });
  const drop = (event) => {
    const types = [...(event.dataTransfer?.types ?? [])];
    const isOurs = types.includes(DRAGGED);
    if (!isOurs && !types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    const given = () => (isOurs ? window[DRAGGED] : pictureIn(event.dataTransfer) ?? event.dataTransfer.files[0]);
    const file = event.type === "drop" && given();
    if (file) Promise.resolve(file).then(take); // a picture of this page may still be on its way
  };
  on("dragover", drop);
  on("drop", drop);
  on("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  });
}
