"""Maps that networks make: pose, depth, normals, line art, straight lines, soft edges. Their weights come from a hub.

The functions call controlnet_aux through `Detector`, which loads it at the first use and computes at the size wanted.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.preprocessors.maps import preprocessor
from lab.vision.annotator_weights import Weights, missing_packages
from lab.vision.annotators import Detector
from lab.vision.dwpose import FILES, read_detector

_DRAWS_HANDS = ("matplotlib",)
"""What controlnet_aux needs to draw hands, and does not bring along."""
HED = Weights("HEDdetector", ("ControlNetHED.pth",))
PIDINET = Weights(
    "PidiNetDetector",
    ("table5_pidinet.pth",),
    licence="for research only (its makers', as github.com/TencentARC/T2I-Adapter/issues/52 says)",
    asks=True,
)
LINEART = Weights("LineartDetector", ("sk_model.pth", "sk_model2.pth"))
LINEART_ANIME = Weights("LineartAnimeDetector", ("netG.pth",))
MLSD = Weights("MLSDdetector", ("mlsd_large_512_fp32.pth",))
MIDAS = Weights("MidasDetector", ("dpt_hybrid-midas-501f0c75.pt",))
NORMAL_BAE = Weights(
    "NormalBaeDetector", ("scannet.pt",), licence="trained on ScanNet, and not clear what that means for its weights"
)
OPENPOSE = Weights(
    "OpenposeDetector",
    ("body_pose_model.pth", "hand_pose_model.pth", "facenet.pth"),
    licence="non-commercial use only (CMU)",
    asks=True,
)
DWPOSE = Weights("DWposeDetector", FILES, repo="yzd-v/DWPose", packages=_DRAWS_HANDS, read=read_detector)


@preprocessor(kinds=["openpose"], suits="people, whose pose should stay and nothing else", weights=OPENPOSE)
def openpose(
    picture: Picture, size: Size, detector: Detector, *, body: bool = True, hands: bool = False, face: bool = False
) -> Picture:
    """The skeletons of all people, in colours, on black. Its weights are for non-commercial use only.

    Args:
        picture: the picture.
        size: of the map.
        detector: OpenPose.
        body: draw trunk and limbs.
        hands: find and draw fingers, which takes longer.
        face: find and draw faces, which takes longer.

    Raises:
        BadInput: when hands cannot be drawn on this machine.
    """
    if hands and (sentence := missing_packages(*_DRAWS_HANDS)):
        msg = f"hands: {sentence}"
        raise BadInput(msg)
    return detector(picture, size, include_body=body, include_hand=hands, include_face=face)


@preprocessor(kinds=["openpose"], suits="people, with their hands and faces", weights=DWPOSE)
def dwpose(picture: Picture, size: Size, detector: Detector) -> Picture:
    """The skeletons of all people with hands and faces, in colours, on black; surer and freer to use than OpenPose."""
    return detector(picture, size)


@preprocessor(kinds=["depth"], suits="rooms, landscapes and products, whose layout in space should stay", weights=MIDAS)
def depth(picture: Picture, size: Size, detector: Detector) -> Picture:
    """How near everything is: near is white, far is black."""
    return detector(picture, size)


@preprocessor(kinds=["normal"], suits="objects, whose surfaces should face as they do", weights=NORMAL_BAE)
def normal(picture: Picture, size: Size, detector: Detector) -> Picture:
    """Which way every surface faces, as colours."""
    return detector(picture, size)


@preprocessor(
    kinds=["lineart", "lines"], suits="photographs and illustrations, as clean line drawings", weights=LINEART
)
def lineart(picture: Picture, size: Size, detector: Detector, *, coarse: bool = False) -> Picture:
    """A line drawing of the picture, white on black.

    Args:
        picture: the picture.
        size: of the map.
        detector: the line art network.
        coarse: fewer and rougher lines.
    """
    return detector(picture, size, coarse=coarse)


@preprocessor(kinds=["lineart_anime", "lineart", "lines"], suits="anime and cartoons", weights=LINEART_ANIME)
def lineart_anime(picture: Picture, size: Size, detector: Detector) -> Picture:
    """The lines that an animator would draw, white on black."""
    return detector(picture, size)


@preprocessor(kinds=["mlsd", "lines"], suits="rooms, buildings and furniture", weights=MLSD)
def mlsd(
    picture: Picture,
    size: Size,
    detector: Detector,
    *,
    score: Annotated[float, Field(ge=0.01, le=2)] = 0.1,
    length: Annotated[float, Field(ge=0.01, le=20)] = 0.1,
) -> Picture:
    """Straight lines only, white on black.

    Args:
        picture: the picture.
        size: of the map.
        detector: M-LSD.
        score: how sure a line must be; higher finds fewer.
        length: how long a line must be, in pixels of half the size; higher finds fewer.
    """
    return detector(picture, size, thr_v=score, thr_d=length)


@preprocessor(kinds=["softedge", "lines"], suits="photographs of people, animals and products", weights=HED)
def softedge(picture: Picture, size: Size, detector: Detector, *, safe: bool = False) -> Picture:
    """Soft outlines, white on black, by HED.

    Args:
        picture: the picture.
        size: of the map.
        detector: HED.
        safe: only three greys, so that no hidden detail of the picture gets through.
    """
    return detector(picture, size, safe=safe)


@preprocessor(kinds=["softedge", "lines"], suits="the same as softedge, with fewer and cleaner lines", weights=PIDINET)
def softedge_pidinet(picture: Picture, size: Size, detector: Detector, *, safe: bool = False) -> Picture:
    """Soft outlines, white on black, by PiDiNet.

    Args:
        picture: the picture.
        size: of the map.
        detector: PiDiNet.
        safe: only three greys, so that no hidden detail of the picture gets through.
    """
    return detector(picture, size, safe=safe)


@preprocessor(kinds=["scribble", "lines"], suits="photographs, as if scribbled by hand", weights=HED)
def scribble(picture: Picture, size: Size, detector: Detector) -> Picture:
    """Bold strokes along the outlines that HED finds, white on black."""
    return detector(picture, size, scribble=True)


@preprocessor(kinds=["scribble", "lines"], suits="the same as scribble, with fewer strokes", weights=PIDINET)
def scribble_pidinet(picture: Picture, size: Size, detector: Detector) -> Picture:
    """Bold strokes along the outlines that PiDiNet finds, white on black."""
    return detector(picture, size, scribble=True)
