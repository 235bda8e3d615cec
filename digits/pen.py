"""Draws digits, and things that are no digits, as people do with a mouse, a finger or a stylus.

MNIST is American, and was written with a pen on paper forms. This module knows the other ways of
writing: each is a skeleton, written as text, that is shaken, slanted, squeezed and warped anew for
each drawing.

A skeleton is a list of strokes parted by "/", a stroke is a list of points "x y" parted by ",":
x grows to the right, y downwards, a digit is about 100 tall and stands around x = 50. A curve runs
smoothly through the points and turns sharply at a point with "!". "@x y rx ry a b" is an arc round
x y from angle a to angle b in degrees (0 right, 90 down). "3~8" is a new number from 3 to 8 for
each drawing.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from digits.normalize import SIDE, normalize

CANVAS = 280  # pixels: the side of the page's canvas
NO_DIGIT = 10  # the label of what is no digit

Strokes = list[np.ndarray]  # each (points, 2) float64: x, y

# fmt: off
WAYS: dict[int, dict[str, str]] = {
    0: {
        "closed": "@50 50 32 50 -120~-40 -490~-410",
        "clockwise": "@50 50 32 50 -140~-60 230~320",
        "open at the top": "@50 50 30 50 -125~-85 -400~-375",
        "open at the side": "@50 50 32 50 -60~-20 -370~-340",
        "drop": "50~60 0, @50 58 30 42 -165 -375, 48~54 0~8",
        "tail inside": "@50 50 32 50 -80~-50 -430~-400, 40~60 20~40",
        "starts inside": "40~65 20~45, 42~50 4~14, @50 50 32 50 -110 -450~-420",
        "slashed": "@50 50 32 50 -100~-50 -470~-420 / 75~95 -5~20, 5~25 80~105",
        "short slash": "@50 50 32 50 -100~-50 -470~-420 / 62~70 22~36, 30~38 64~78",
        "slashed in one": "@50 50 32 50 -60~-40 -420~-400, 15~40 75~100",
        "slash first": "25~40 60~80, 60~75 20~5, @50 50 32 50 -70 -430",
        "crossed at the top": "60~70 0~4, 36 20, 24 60, 40 98, 64 96, 74 66, 56 26, 30~44 -4~6",
    },
    1: {
        "bare": "50 0, 47~53 50, 50 100",
        "flag": "24~40 16~36, 52 0!, 52 100",
        "long flag": "8~26 28~50, 55 0!, 55 100",
        "upstroke": "8~22 50~88, 52~60 0!, 58~72 100",
        "curved flag": "20~32 28~38, 40~46 18~28, 54 0!, 54 100",
        "drooping flag": "12~30 18~30, 36~42 18~30, 52 0!, 50 100",
        "small head": "44~48 6~16, 51 0!, 50 100",
        "retraced": "49~51 20~45, 50 0!, 48~54 100",
        "looped head": "40~46 15~28, 50 3, 56 4, 52 18, 50 100",
        "flag and foot": "24~40 14~34, 52 0!, 52 100 / 16~36 98~102, 68~90 97~103",
        "small head and foot": "42~48 8~18, 52 0!, 51 100 / 22~36 98~102, 64~84 97~103",
        "foot": "50 0, 50 100 / 22~36 98~102, 64~80 97~103",
        "foot in one": "26~44 12~32, 52 0!, 52 98!, 24~36 98~102!, 68~88 98~102",
        "foot to the right": "30~44 12~30, 52 0!, 46~52 98!, 72~90 94~102",
        "high foot": "26~40 14~34, 52 0!, 50 100 / 20~32 86~95, 70~84 84~95",
        "hook": "30~44 14~30, 52 0!, 54 60, 52 90, 42~46 99, 26~38 96",
        "bent": "30~42 14~30, 52 0!, 56~62 45, 44~54 100",
        "narrow flag": "34~45 28~56, 53 0!, 46~54 100",
        "narrow flag, soft": "36~42 42~54, 36~42 26, 50 2, 54 8, 52 30, 46~52 100",
        "wide flag": "-10~8 26~52, 62~74 0!, 50~58 60, 42~58 100",
        "wide flag, soft": "-4~12 40~54, 36 14, 62 0, 66 8, 56 50, 42~50 100",
        "wide flag, bent": "-4~8 26~32, 10~18 30~36, 44 14, 66~72 0!, 48~54 60, 46~56 100",
        "round shoulder": "24~36 36~54, 42 10, 58 0, 66 10, 60 46, 44~54 100",
        "round shoulder, hooked": "30~36 46~56, 24~30 46, 32 24, 56 2, 64 10, 56 50, 42~52 100",
        "hooked flag": "28~34 44~56, 22~28 44, 34 22, 54~60 0!, 46~54 100",
        "wide flag and foot": "8~24 20~40, 54 0!, 48~52 100 / 14~30 98~102, 70~90 96~102",
        "wide flag and high foot": "14~28 8~24, 36~42 8~16, 60 0!, 46~52 100 / 4~20 86~94, 70~84 82~92",
        "curled head and foot": "60 14, 52 0, 43 10, 47 24, 58 22, 55 10, 52 40, 55 72, 38 92, 10~20 96, "
                                "40 91, 76~92 78~92",
        "retraced head and foot": "44~48 0~6, 56 22, 47 40!, 54 4!, 58 60, 56 97!, 26~36 98!, 74~84 95~99",
    },
    2: {
        "plain": "18~28 16~32, 30 6, 50 0, 70 8, 74 25, 62 50, 40 75, 20 98!, 76~92 94~102",
        "loop": "22 22, 35 4, 55 0, 72 12, 70 30, 55 58, 35 85, 20 96, 13~18 88, 24 78, 42 84, "
                "60 96, 78~92 92~98",
        "high loop": "24 20, 38 3, 56 0, 70 12, 66 32, 50 58, 28 82, 14 88, 12 76, 24 70, 44 80, "
                     "62 96, 80~92 94~104",
        "small loop": "22 20, 40 2, 60 4, 70 20, 60 46, 40 78, 26 95, 22 90, 34 86, 56 95, "
                      "74~88 92~100",
        "angular": "18~24 8~16, 48 1, 72 8, 68 30, 20 98!, 78~90 95~101",
        "long neck": "16~26 10~22, 40 2, 62 6, 64 25, 50 55, 34 95!, 70~98 92~99",
        "short foot": "18~26 12~24, 40 2, 64 8, 66 28, 50 60, 32 96!, 54~66 94~98",
        "wave": "20 22, 36 2, 62 4, 70 24, 52 58, 22 94!, 40 84~90, 60 96, 80~90 86~94",
        "v tail": "24 18, 44 0, 64 8, 64 30, 48 60, 26 92, 34 80, 46 80~88, 60 98!, 80~92 66~84",
        "round": "20~26 18~26, 45 0, 70 12, 62 44, 36 74, 26 92, 42 99, 82~90 90~97",
        "curled head": "34~42 24~32, 24 24, 26 8, 48 0, 70 10, 70 30, 52 58, 20 97!, 78~88 94~101",
        "round head": "40 38, 26 30, 26 10, 48 0, 70 10, 70 34, 50 66, 18 98!, 78~90 94~104",
        "flat head": "14~22 4~12, 60 2, 70 8, 62 34, 22 98!, 76~88 95~101",
        "swan": "22~28 24~34, 36 6, 56 2, 66 18, 56 48, 32 84, 14~20 99!, 50 92~96, 84 96~104",
        "falling foot": "20 16~26, 42 0, 66 8, 66 30, 46 62, 22 88!, 52 94, 82~94 102~116",
        "leaning": "30~36 12~24, 52 0, 76 4, 78 22, 54 56, 14 98!, 66~84 96~101",
        "neck inward": "18~24 14~22, 44 0, 68 10, 60 34, 40 52, 30 74, 24 97!, 76~90 93~101",
    },
    3: {
        "round": "20~26 12~22, 38 2, 60 2, 72 16, 66 34, 44~50 46!, 68 54, 78 74, 66 94, 42 100, "
                 "16~24 80~92",
        "soft": "20~26 12~20, 42 0, 66 8, 66 28, 50 44, 50 47, 68 56, 76 76, 60 97, 38 100, 16~22 86~94",
        "looped": "22 15, 40 0, 65 6, 66 28, 48 46, 38 50, 42 43, 64 52, 78 74, 62 96, 38 100, "
                  "16~22 82~92",
        "flat top": "16~26 2~8, 66~74 0~6!, 38~48 36~44!, 68 48, 78 70, 64 94, 40 100, 16~22 82~92",
        "flat top, soft": "18~26 4~8, 62 0, 71 6, 62 22, 44 40, 64 46, 76 66, 68 90, 44 100, 18 88~94",
        "flat top, small": "26~34 4~10, 64~70 0~4!, 46~54 26~32!, 70 40, 78 64, 64 92, 38 100, 16~22 86~94",
        "hooked top": "20~26 18~24, 22 3!, 70 2!, 44 40!, 68 48, 78 70, 62 95, 38 100, 16~22 84~92",
        "sharp": "20 4~14, 46 0, 68 10, 64 28, 36~42 46~52!, 70 62, 74 82, 56 98, 18 96~100",
        "zigzag": "20~26 2~8, 68~72 0~4!, 38~46 42~50!, 72~78 88~98!, 16~24 94~102",
        "tail": "28~34 8~14, 50 0, 66 12, 60 32, 46~50 42!, 62 52, 64 72, 50 92, 12~26 97~104",
        "shallow": "22~28 6~14, 46 0, 64 8, 64 26, 50~56 44, 60 56, 62 76, 46 96, 18~26 94~98",
        "small top": "34 10, 50 0, 62 8, 60 22, 44~50 32!, 70 42, 80 68, 64 94, 38 100, 14~22 84~92",
        "big top": "18 20, 36 2, 64 2, 78 22, 68 48, 44~50 56!, 66 62, 70 80, 56 97, 24~34 94~98",
        "curled in": "20 16, 42 0, 66 8, 64 30, 46 44!, 68 54, 74 76, 56 98, 26 98, 20 84~90, 30 80",
        "curled head": "36 22~28, 24 18, 34 2, 58 0, 70 14, 62 36, 46 44!, 68 54, 76 76, 58 98, 22 92",
        "long foot": "22 10, 46 0, 66 10, 60 32, 44 44!, 62 54, 66 76, 50 94, 30 99, 4~14 96~102",
        "shoulder": "16~24 8~18, 50 0, 74~80 2~6, 66 26, 57~61 36, 65 50, 62 74, 44 92, 12~24 98~102",
        "shoulder, sharp": "14~22 8~14, 42 0, 74~80 0~4!, 58~64 34, 66 52, 62 78, 40 96, 12~24 98~102",
        "shallow, small top": "30~36 12~18, 50 0, 66 4, 60 20, 49~53 24, 64 31, 72 52, 62 84, 34~46 100",
    },
    4: {
        "open": "28~42 0~12, 14~24 56~64!, 76~92 52~62 / 58~70 22~46, 54~66 100",
        "open, tall": "32~40 0~8, 16~22 54~62!, 78~88 52~60 / 60~70 -6~22, 56~66 100",
        "open, low": "30~36 0~6, 26~32 58~70!, 70~84 54~66 / 58~64 34~48, 50~62 100",
        "open, curved": "26~34 2~8, 18~22 32, 22~28 52, 45 56~60, 80~88 46~54 / 62~70 0~30, 52~64 100",
        "open, long bar": "34~44 0~8, 8~16 62~70!, 88~100 58~68 / 56~66 30~50, 50~62 100",
        "open, no overhang": "26~36 0~10, 18~26 50~60!, 62~66 48~58 / 62~68 0~20, 58~66 100",
        "closed": "56~66 0, 10~18 62~70!, 82~92 62~70 / 56~66 0~8, 56~64 100",
        "closed, short bar": "58~64 0, 12~20 58~66!, 64~74 58~66 / 58~66 0~10, 56~64 100",
        "closed in one": "54~66 100, 60 0!, 10~18 60~70!, 82~94 60~70",
        "closed, bar first": "60 0!, 12~20 60~68!, 70~90 60~68!, 62~70 55~60!, 60 0!, 60 100",
        "closed with a loop": "84~92 62~68, 40 64, 12~18 62, 22 46, 58 2!, 58 100",
        "lightning": "42~56 0, 12~22 48~56!, 66~82 42~54!, 42~64 100",
        "lightning, soft": "36~50 0, 18~24 32, 20~26 50, 44 50, 70~76 42~48!, 62 70, 50~62 100",
        "lightning, upright": "26~34 0~8, 22~28 48~56!, 62~70 46~54!, 58~66 100",
        "open in one": "24~32 0~10, 14~20 48~56!, 60~66 46~52!, 62~70 4~24!, 56~64 100",
        "open in one, round": "26~32 2~10, 18~22 30, 24~28 52, 46 54, 62 40, 66~70 4~20!, 60 60, "
                              "50~60 100",
        "open in one, leaning": "30~38 0~6, 16~24 44, 30 54, 60 40, 74~80 8~16!, 56 60, 36~48 100",
        "chair": "24~32 0~10, 22~28 40, 38 50~54, 64 44~50 / 66~70 -4~12, 60~68 100",
        "bar looped": "30~36 0~8, 18 50, 24~30 62, 52 52, 78~86 48~54 / 60~68 20~36, 54~62 100",
        "bar first": "34~40 2, 16~20 58!, 82 56~62!, 58~66 28~40!, 56~62 100",
        "open, very low": "36~50 0, 28 40, 25~30 72~84, 44 87, 56~68 82~86 / 58~70 54~68, 50~60 100",
        "open, very low, in one": "42~50 0, 34 40, 28~33 74~84, 48 85, 58~62 58~68!, 50~56 100",
        "open, leaning stem": "40~56 0~6, 24~30 28, 28~32 46, 58~66 38~46 / 70~84 2~22, 26~44 100",
        "leaning, nearly closed": "52~66 0~4, 34 20, 18~22 46, 38 56, 62 46, 72~80 24~36!, 52 70, 34~46 100",
        "loop at the right": "46~60 0~4, 26 28, 20 48, 42 54, 64 40, 74 26, 68 20, 60 40, 36~48 100",
    },
    5: {
        "hat last": "30~36 2~8, 26~32 40~46!, 45 34~40, 68 42, 78 64, 66 92, 40 100, 14~22 84~94 / "
                    "30~36 2~6, 70~88 -3~7",
        "in one": "70~84 0~5, 32~38 2~6!, 26~32 40~46!, 50 36, 74 50, 74 78, 52 98, 14~22 86~96",
        "in one, soft": "72~82 2~6, 38 2, 32 16, 30 40, 52 38, 74 54, 70 84, 46 100, 14~22 88~96",
        "s": "72~84 0~10, 55 1, 36 12, 36 32, 55 45, 72 62, 68 88, 45 100, 14~22 86~96",
        "soft, hat": "32~38 4~8, 28~34 34~40, 50 42, 70 55, 68 85, 42 100, 14~22 90~98 / 32~38 2~6, 74~90 -5~3",
        "hat apart": "30~36 6~12, 28~32 40~46!, 48 36, 72 50, 74 78, 50 99, 14~22 88~96 / 42~56 -4~4, 80~96 -10~4",
        "hat aslant": "30~36 8~12, 28~32 42!, 50 38, 72 54, 70 82, 46 100, 14~22 88~96 / 28~36 4~12, 78~98 -18~-6",
        "hat across": "32~38 2~6, 28~34 40~44!, 50 36, 74 52, 72 82, 48 100, 16~22 90~96 / 14~28 1~6, 68~86 -3~4",
        "small belly": "36~42 4~8, 32~38 44~52!, 54 48, 66 64, 56 90, 30 100, 14~22 96~100 / 36~42 2~6, 74~98 -4~4",
        "diagonal": "34~42 4~8, 48 30, 64 56, 64 80, 48 98, 26 99, 12~20 88~94 / 32~42 0~6, 76~98 -6~4",
        "long neck": "32~38 2~6, 28~34 52~58!, 50 50, 70 62, 72 82, 52 99, 16~24 94~100 / 32~38 2~6, 68~84 -3~4",
        "big belly": "34~38 2~6, 26~32 32~36!, 54 26, 82 46, 82 80, 54 101, 14~20 88~96 / 34~38 2~5, 66~80 -3~4",
        "curled": "70~80 0~5, 34 4!, 30 42!, 54 36, 74 54, 70 84, 44 100, 20 94, 16 80~86, 26 76",
        "hat first": "28~34 2~8, 72~86 -2~6 / 32~38 2~8, 28~34 38~46!, 50 36, 74 52, 72 80, 48 99, 14~22 88~96",
        "tilted": "84~96 0~10, 46 6~10!, 34~40 42~48!, 56 42, 70 58, 62 86, 40 100, 12~20 90~98",
        "flat belly": "72~80 0~4, 32 2!, 30 46!, 62 44~48, 74 56, 74 86, 62 98, 16~22 96~100",
        "hat across, bent": "44~66 4~8, 34~40 20~28!, 62 44, 66 70, 38~52 100 / 4~20 -2~4, 80~100 -4~4",
        "hat across, bent, curled": "42~56 4~8, 34~40 22~30!, 60 42, 68 64, 56 92, 18~30 100 / 6~24 -2~4, 80~100 -4~4",
        "hat hooked": "38~44 0~4, 32~37 36~42!, 54 30, 74 48, 70 76, 36~46 100 / 8~20 18~30, 28~34 6, 68~84 4~10",
        "s, flat": "80~90 0~4, 50 0, 40 4!, 36 30, 58 44, 70 60, 62 88, 40 98, 16~22 94",
    },
    6: {
        "curved": "64~78 0~8, 45 14, 26 45, 22 75, 40 98, 65 94, 76 74, 64 56, 42 58, 24~28 70~80",
        "straight": "50~62 0, 36 38, 24 72, 36 96, 62 96, 74 76, 62 58, 40 60, 24~30 74~82",
        "upright": "30~38 0, 26 45, 24 78, 44 100, 68 90, 72 68, 52 56, 26~30 66~76",
        "crossing": "58~68 0, 40 25, 25 60, 32 92, 58 100, 74 80, 62 62, 40 64, 8~20 68~80",
        "hooked": "72~80 8~18, 62 1, 44 8, 25 45, 22 78, 42 99, 68 92, 74 72, 58 56, 36 62, 24~28 76~82",
        "curled in": "62~72 0~6, 42 14, 24 48, 24 82, 48 100, 72 88, 70 66, 50 58, 38 70, 44~52 80~86",
        "big loop": "56~66 0~4, 32 28, 20 62, 34 96, 62 98, 80 72, 66 44, 40 48, 20~26 64~72",
        "small loop": "60~74 0~6, 40 20, 26 60, 28 90, 46 100, 64 92, 64 76, 48 70, 28~34 80~86",
        "open": "62~74 0~6, 42 14, 24 50, 26 84, 46 100, 68 92, 74 74, 60~64 62, 44~50 64~70",
        "flat loop": "48~60 0, 34 36, 20 80, 34 98, 66 98, 84 84, 70 68, 44 70, 22~28 82~88",
        "looped top": "46 20, 58 14, 66 4, 56 0, 42 18, 26 52, 26 84, 48 100, 70 88, 68 66, 48 60, 28 74",
        "narrow": "52~60 0, 44 30, 36 70, 42 96, 56 98, 64 80, 56 66, 44 68, 37 78",
        "small loop, crossing": "56~68 0, 44 30, 40 70, 46 96, 58 98, 64 84, 54 73, 40 75, 10~28 68~86",
        "leaning, crossing": "68~78 0, 46 66, 43 90, 54 100, 64 88, 52 78, 10~26 78~88",
        "hooked, crossing": "68~76 8~14, 60 0, 46 14, 36 60, 42 96, 58 99, 66 84, 54 70, 16~28 66~78",
    },
    7: {
        "plain": "14~26 0~8, 76~84 0~6!, 36~52 100",
        "curved": "14~26 2~8, 76~84 0~6!, 58 36, 48 68, 42~50 100",
        "falling": "12~22 -4~2, 76~84 6~14!, 38~52 100",
        "hooked": "16~22 14~26, 20~24 2!, 80 2!, 40~54 100",
        "wavy": "14~18 8~16, 30 0, 52 6~10, 80 0~4!, 60 40, 42~50 100",
        "curly": "16~24 10~24, 32 2, 58 0, 72 12, 68 38, 54 74, 42~52 100",
        "round": "10~20 2~14, 46 0, 72 8, 74 28, 66 62, 54~66 100",
        "round, hooked": "14~20 20~30, 22 6, 46 0, 68 6, 70 26, 62 60, 48~58 100",
        "leaning": "20~30 0~8, 86~94 0~6!, 16~32 100",
        "crossed": "14~26 0~8, 76~84 0~6!, 36~52 100 / 24~40 46~58, 66~86 42~56",
        "curved, crossed": "14~26 2~8, 76~84 0~6!, 58 36, 48 68, 42~50 100 / 26~38 48~58, 66~84 44~56",
        "hooked, crossed": "16~22 14~26, 20~24 2!, 80 2!, 40~54 100 / 26~40 46~58, 66~84 42~56",
        "wavy, crossed": "14~18 8~16, 30 0, 52 6~10, 80 0~4!, 60 40, 42~50 100 / 28~38 48~58, 66~84 44~56",
        "curly, crossed": "16~24 10~24, 32 2, 58 0, 72 12, 68 38, 54 74, 42~52 100 / 26~40 48~60, 68~92 44~58",
        "curly, crossed low": "16~24 8~24, 32 2, 54 0, 68 12, 62 40, 50 74, 40~48 100 / 14~32 54~68, 62~80 52~66",
        "round, crossed": "10~20 2~14, 46 0, 72 8, 74 28, 66 62, 54~66 100 / 28~46 46~60, 82~98 42~58",
        "round, hooked, crossed": "14~20 20~30, 22 6, 46 0, 68 6, 70 26, 62 60, 48~58 100 / 28~42 46~62, 76~94 42~58",
        "leaning, crossed": "20~30 0~8, 86~94 0~6!, 16~32 100 / 30~40 48~58, 68~84 44~56",
        "cross aslant": "16~24 4~10, 72 0~6!, 56 50, 48 100 / 28~38 36~46, 70~86 54~68",
        "cross ticked": "14~24 2~10, 60 0, 72 10, 62 50, 52 100 / 26~36 48~56, 68~76 46~54!, 70~80 58~68",
        "crossed in one": "16~24 4~16, 46 1, 70 6, 62 40, 50 92, 44 98, 34~38 84, 38~42 64, 72~86 46~56",
        "crossed in one, sharp": "18 4~10, 74 2~6!, 48 96~100!, 28~36 54~64!, 72~86 48~56",
        "tail": "14~24 2~10, 60 0, 74 8, 66 50, 56 88, 42 100, 26~34 92~97",
        "tail, crossed": "14~24 2~10, 60 0, 74 8, 66 50, 56 88, 42 100, 26~34 92~97 / 34~42 48~56, 76~90 44~54",
        "curly, cross very low": "14~24 10~24, 30 2, 52 0, 65 14, 60 42, 48 72, 38~54 100 / 8~32 60~76, 62~92 58~80",
        "arched, cross low": "16~26 8~20, 44 0, 62 14, 62 50, 48~60 100 / 6~30 56~74, 66~92 52~76",
        "curly, cross ticked at its start": "16~24 10~24, 30 2, 54 0, 66 14, 60 42, 46 74, 36~50 100 / "
                                            "20~32 72~80, 24~34 60~66!, 68~88 62~74",
        "curly, cross from the right": "14~24 2~16, 30 0, 60 0, 70 10, 64 50, 54~60 100 / "
                                       "72~86 72~84, 64~74 62~68!, 10~36 54~68",
        "curly, cross bowed": "16~24 6~18, 34 0, 60 2, 68 16, 58 54, 36~48 100 / 20~28 72~78, 28~36 58, 54 54, 80~94 50~60",
    },
    8: {
        "from the right": "66~72 8~14, 48 0, 30 10, 34 32, 55 48, 72 68, 66 92, 48 100, 28 92, 26 70, "
                          "45 50, 66 30, 68~74 10~18",
        "from the left": "28~34 8~14, 52 0, 70 10, 66 32, 45 48, 28 68, 34 92, 52 100, 72 92, 74 70, "
                         "55 50, 34 30, 26~32 10~18",
        "from the top": "46~54 0, 32 8, 32 30, 54 48, 72 70, 62 96, 40 98, 26 80, 36 58, 62 36, 68 12, 50~56 0~3",
        "tail up": "60~70 6~14, 46 2, 32 14, 40 36, 60 56, 70 78, 54 99, 32 92, 32 72, 48 52, 64 32, 76~92 -8~8",
        "open": "70~76 4~12, 50 0, 32 14, 40 36, 60 54, 70 76, 52 100, 30 88, 36 64, 52 48, 72~80 14~26",
        "flat top": "24~30 2~8!, 50 48, 70 78, 60 98, 38 98, 28 80, 48 52, 70~76 4~8!, 24~34 2~8",
        "circles": "@50 24 16~24 24 -110~-60 -480~-430 / @50 75 20~28 25~28 -110~-60 -480~-430",
        "circles, apart": "@46~56 22 16~26 20 -110~-60 -480~-430 / @50 76 20~28 24 -110~-60 -480~-430",
        "circles in one": "48~54 48, @50 24 20 24 90 -260, @50 75 26 26 -90 270",
        "from the middle": "48~54 46~52, 30 34, 32 10, 50 0, 68 12, 66 34, 48 48, 28 68, 32 92, 52 100, "
                           "72 90, 70 66, 48~54 46~52",
        "small top": "62 6~12, 50 0, 40 8, 44 24, 60 40, 76 66, 64 96, 40 98, 26 78, 40 48, 58 26, 62 8",
        "small bottom": "72 10, 52 0, 28 10, 28 34, 50 54, 64 74, 56 96, 42 98, 36 80, 50 58, 74 36, 76 14, 66 6",
        "straight": "64~72 6~10, 46 0, 32 12, 60 60, 66 84, 48 100, 34 84, 40 62, 64~70 10~16",
        "from below": "36~46 54~60, 62 36, 70 14, 52 0, 34 12, 44 38, 66 66, 62 94, 40 99, 30 80, 44~52 50~56",
        "angular": "68 8!, 32~36 4~8, 34 26, 70 72, 66 98!, 30~36 94~98, 32 74, 66 28, 68 8",
        "open to the left": "14~26 22~34, 40 4, 64 0, 72 16, 60 56, 46 94, 36 98, 36 84, 52 60, 34 42, 8~22 34~42",
        "open to the left, narrow": "24~34 24~34, 42 6, 58 0, 66 16, 58 60, 48 98, 39 92, 44 70, 54 54, 22~36 36~46",
        "open to the right": "82~94 -2~4, 56 3, 34 20, 52 44, 70 70, 56 98, 32 92, 30 72, 46 52, 50~58 22~32",
        "leaning, narrow": "70~78 6~14, 62 0, 52 12, 50 34, 48 60, 38 92, 28 99, 26 88, 40 66, 62 34, 74~82 10~20",
    },
    9: {
        "straight": "66~72 12~22, 52 0, 30 10, 26 34, 42 50, 62 42, 70 14!, 68 60, 62~70 100",
        "smooth": "68 14~20, 50 0, 30 10, 26 32, 40 48, 60 42, 70 18, 72 44, 62~70 100",
        "leaning": "66~74 8~18, 54 0, 32 10, 28 32, 42 46, 62 38, 72 10!, 56 60, 36~46 100",
        "curved": "66~72 12~20, 50 0, 28 12, 28 36, 46 48, 66 36, 71 14!, 70 56, 60 84, 36~46 100",
        "hooked": "66~72 12~20, 50 0, 28 12, 28 36, 46 48, 66 36, 71 14!, 72 60, 64 90, 46 100, 22~32 90~97",
        "sweeping": "66~72 10~20, 50 0, 28 12, 28 36, 46 46, 66 36, 71 12!, 70 60, 58 90, 36 99, 4~20 92~100",
        "curled": "66~72 10~20, 50 0, 30 12, 30 34, 46 44, 64 34, 71 12!, 70 62, 60 92, 38 100, 20 90, "
                  "28 78, 48~70 74~80",
        "corner": "66~72 10~20, 50 0, 28 12, 28 36, 46 46, 66 36, 71 12!, 70 94~100!, 20~34 94~102",
        "stem": "@46 26 20~26 26 -30~0 -410~-370 / 66~74 -4~14, 62~72 100",
        "stem, hooked": "@46 26 20~26 26 -30~0 -410~-370 / 68~74 -2~12, 70 70, 60 96, 40 100, 22~30 90~96",
        "open": "66~74 4~12, 48 0, 28 16, 34 40, 54 42, 72 22~30, 71 56, 60~68 100",
        "open, hooked": "66~74 4~12, 48 0, 28 16, 34 40, 56 42, 72 24~32, 70 66, 54 95, 18~30 94~100",
        "upward": "24~40 98~102, 58 66, 70 26, 54 0, 32 8, 28 34, 44 46, 64~78 34~42",
        "upward, upright": "48~60 100, 66 60, 70 24, 54 0, 32 8, 28 34, 44 46, 62~72 34~42",
        "starts inside": "50~60 20~30, 46 14, 56 4, @48 25 23 25 -40 -380, 69 60, 52~68 100",
        "spiral": "@50 24 12 12 0 -240, @48 25 24 26 -240 -372, 70 60, 58 90, 24~40 94~100",
        "small loop": "66 8~14, 54 0, 40 8, 38 24, 50 32, 64 24, 67 8!, 62 56, 44~60 100",
        "small loop, hooked": "66 8~14, 54 0, 40 8, 38 24, 50 32, 64 24, 67 8!, 68 66, 52 98, 22~34 94~98",
        "big loop": "72 16~24, 52 0, 26 12, 22 42, 42 62, 66 50, 74 20!, 72 66, 60~70 100",
        "flat loop": "74~80 14~22, 52 2, 22 10, 16 26, 40 34, 70 24, 77 12!, 66 56, 40~54 100",
        "ends left": "70 12, 50 0, 28 12, 30 36, 50 44, 70 30, 70 18, 66 52, 46 82, 8~24 98~106",
        "curl and belly": "48~56 2~6, 36 6, 34 22, 50 30, 62 18, 52 2, 39 10, 44 30, 64 46, 76 68, 62 92, 20~34 96~101",
        "curl and belly, small": "46~52 4, 40 4, 38 16, 50 22, 58 14, 50 4, 44 12, 54 34, 70 56, 72 78, 56 94, 18~30 98",
        "curl and belly, large": "52~60 0, 30 4, 24 26, 44 44, 68 32, 62 8, 40 1, 28 12, 50 36, 74 56, 76 82, 50 98, 16~26 95",
        "curl, straight tail": "48~56 2, 36 8, 38 24, 54 28, 62 16, 52 4, 44 14, 60 46, 66 70, 62 94!, 20~34 95~101",
        "balloon": "56~66 44~54, 42 45, 28 24, 44 2, 70 6, 74 26, 58 46!, 62~68 62, 60~68 100",
        "balloon, soft": "60~70 44~52, 44 46, 28 26, 42 2, 70 4, 76 24, 60 46, 62 64, 56~66 100",
        "flat loop, leaning": "76~86 4~10, 56 -2, 30 6, 34 15, 60 12, 84 1!, 66 40, 12~32 100",
        "flat loop, leaning, soft": "72~80 10~16, 60 2, 36 4, 30 14, 52 18, 78 4, 82 8, 62 46, 12~34 96~101",
        "open, curled": "54~60 20~27, 63 8, 46 0, 26 12, 34 32, 58 36, 74 54, 70 82, 38~50 99",
        "starts right": "78~88 14~22, 72 4, 50 0, 28 12, 30 36, 48 46, 66 30, 68 14!, 66 62, 50 95, 12~26 96~101",
        "starts right, cornered": "74~84 14~20, 70 4, 48 0, 28 12, 30 34, 48 44, 64 28, 66 12, 64 92!, 4~22 94~100",
        "bar to the right": "80~92 40~48, 44 44, 26 28, 42 0, 66 4, 65 50, 60~68 100",
    },
}

SYMBOLS: dict[str, str] = {
    "x": "20 0, 80 100 / 80 0, 20 100", "x, curly": "15 10, 30 0, 50 50, 70 100, 85 90 / 85 8, 70 2, 50 50, 30 98, 15 92",
    "x, script": "15 12, 34 0, 46 30, 44 76, 26 100, 12 90 / 88 10, 68 0, 54 28, 54 74, 70 100, 90 88",
    "+": "50 0~10, 50 90~100 / 0~10 50, 90~100 50", "-": "0 50, 100 45~55", "-, short": "0 50, 40~60 48~52",
    "^": "0~10 60~70, 45~55 0!, 90~100 60~70", "v": "10~20 0, 50 100!, 80~90 0",
    "^, flat": "0 36~50, 40~60 0!, 100 36~50",
    "?": "20 20, 35 2, 62 2, 76 20, 66 42, 50 54, 50 72 / 49 94, 51 98", "?, hook": "24 16, 44 0, 68 10, 68 34, 48 50, 46 70 / @47 95 3 3 0 360",
    "!": "50 0, 50 70 / 49 95, 51 99",
    "=": "0 30~38, 100 30~38 / 0 64~70, 100 64~70", "divided": "0 50, 100 50 / 49 18, 51 20 / 49 80, 51 82",
    "*": "50 0, 50 100 / 8 24, 92 76 / 92 24, 8 76", "#": "32 0, 24 100 / 72 0, 64 100 / 0 34, 98 34 / 0 68, 98 68",
    "%": "85 0, 15 100 / @22 20 16 18 0 -380 / @78 80 16 18 0 -380", "&": "88 100, 30 30, 36 4, 58 4, 60 24, 20 62, 20 90, 44 100, 84 60",
    "@": "62 38, 44 34, 34 54, 46 68, 60 60, 64 38, 66 62, 80 66, 92 44, 74 10, 40 6, 10 36, 12 74, 44 98, 78 90",
    "~": "0 60, 20 40, 40 44, 60 58, 80 60, 100 40", "<": "90 0, 10 50!, 90 100", ">": "10 0, 90 50!, 10 100",
    "tick": "0 55~65, 28~36 100!, 100 0~10", "arrow": "0 50, 100 50 / 70 24, 100 50!, 70 76",
    "arrow up": "50 100, 50 0 / 20 32, 50 0!, 80 32", "arrow down": "50 0, 50 100 / 20 68, 50 100!, 80 68",
    "root": "0 60, 16 50, 34 98!, 56 2!, 100 2", "infinity": "50 50, 72 24, 98 36, 98 66, 72 78, 50 50, 28 24, 2 36, 2 66, 28 78, 50 50",
    "pi": "6 12, 100 4 / 32 10, 28 96 / 72 8, 70 90, 84 96", "alpha": "90 10, 60 70, 30 88, 10 60, 20 24, 44 24, 66 66, 92 88",
    "gamma": "6 10, 24 0, 46 50, 40 90, 30 84, 50 40, 90 0", "lambda": "20 0, 36 8, 84 100 / 52 46, 14 100", "sigma": "88 6, 10 2!, 56 50!, 8 98!, 92 94",
    "delta": "50 0!, 4 96!, 98 96!, 50 0", "omega": "4 98, 30 96, 8 50, 26 8, 50 0, 74 8, 92 50, 70 96, 96 98",
    "phi": "@50 50 38 28 0 -370 / 54 0, 46 100", "theta": "@50 50 30 50 -80 -450 / 22 50, 78 50", "psi": "8 8, 12 44, 50 66, 88 44, 92 8 / 50 0, 50 100",
    "mu": "10 100, 18 0, 20 50, 40 64, 66 46, 68 0, 70 54, 88 60", "integral": "78 8, 64 0, 52 14, 48 86, 36 100, 22 92",
    "A": "50 0, 10 100 / 50 0, 90 100 / 24 62, 78 62", "A in one": "8 100, 48 0!, 88 100!, 76 62, 22 60", "A, round": "10 100, 22 30, 50 0, 78 30, 90 100 / 16 60, 86 60",
    "a": "78 20, 50 4, 16 22, 12 66, 36 92, 68 70, 80 16!, 80 80, 96 92", "a, high": "20 16, 50 0, 74 16, 76 96 / 74 42, 30 44, 16 74, 40 98, 76 74",
    "C": "88 14~24, 54 0, 16 22, 8 60, 34 96, 88 82~90", "c": "84 24~30, 50 4, 14 34, 18 78, 54 98, 90 80",
    "D": "22 0, 22 100 / 20 2, 66 8, 88 48, 64 94, 20 100", "d": "70 50, 42 40, 18 62, 26 94, 56 92, 72 66, 74 0!, 74 96",
    "E": "84 0~6, 18 2!, 18 98!, 86 96 / 18 48, 70 46", "E, round": "82 10, 50 0, 26 16, 34 40, 60 46!, 26 54, 16 80, 46 100, 86 86",
    "e": "10 52, 60 50, 88 36, 70 6, 36 6, 8 44, 26 88, 60 98, 92 80", "e, round": "14 58, 50 56, 84 40, 70 8, 34 4, 10 46, 24 90, 56 100, 92 76~86",
    "e, tall": "28 60, 56 44, 66 20, 52 0, 36 20, 28 60, 38 92, 58 98, 80 80", "e, angular": "12 54!, 86 50!, 76 8, 40 2, 10 40, 22 88, 60 98, 90 86",
    "F": "22 0, 22 100 / 20 2, 84 0 / 20 46, 68 44", "f": "80 10, 60 0, 46 20, 42 100 / 16 42, 76 40",
    "H": "16 0, 16 100 / 84 0, 84 100 / 16 50, 84 48", "h": "24 0, 22 100!, 24 66, 48 46, 68 58, 70 100",
    "K": "20 0, 20 100 / 82 0, 22 54!, 86 100", "k": "24 0, 24 100 / 70 40, 26 70!, 74 100", "L": "22 0, 20 98!, 84 96",
    "M": "8 100, 14 0!, 50 62!, 86 0!, 92 100", "m": "6 100, 12 24!, 10 60, 30 24, 44 40, 46 98!, 48 56, 66 24, 84 40, 86 98",
    "N": "14 100, 16 0!, 82 98!, 84 0", "n": "14 100, 16 10!, 16 46, 46 8, 76 26, 80 100", "P": "24 0, 24 100 / 22 4, 66 2, 84 26, 66 50, 24 54",
    "p": "24 0, 22 100 / 24 14, 54 0, 78 20, 64 46, 26 48", "Q": "@48 46 42 46 -80 -450 / 58 66, 96 104", "R": "22 0, 22 100 / 20 4, 66 2, 80 24, 62 46, 24 50!, 86 100",
    "r": "22 10, 26 96!, 28 50, 50 16, 82 14", "T": "4 4, 96 0 / 50 2, 50 100", "t": "46 0, 44 80, 60 98, 80 90 / 14 30, 82 28", "t, plain": "50 0, 50 100 / 20 28~36, 80 28~34",
    "U": "12 0, 12 64, 36 98, 66 96, 86 64, 88 0", "u": "12 6, 14 68, 38 96, 72 74, 82 6!, 82 82, 96 94", "V": "6 0, 48 100!, 92 0",
    "W": "0 0, 24 98!, 50 20~40!, 76 98!, 100 0", "w": "2 10, 10 70, 30 92, 48 66, 50 34, 54 74, 76 92, 94 60, 94 8",
    "y, curly": "14 4, 20 36, 46 48, 76 34, 80 4!, 78 70, 56 100, 26 96, 40 76, 96 60", "J": "30 2, 92 0 / 64 2, 62 74, 40 100, 8 84",
    "square": "8 6!, 92 4!, 94 96!, 8 94!, 8 6", "rectangle": "0 30!, 100 28!, 100 74!, 0 72!, 0 30", "triangle down": "4 4!, 96 4!, 50 98!, 4 4", "diamond": "50 0!, 10 50!, 50 100!, 90 50!, 50 0",
    "heart": "50 98!, 6 44, 12 8, 36 4, 50 28!, 66 4, 90 10, 94 46, 50 98", "star": "50 0!, 22 98!, 98 36!, 2 36!, 80 98!, 50 0",
    "house": "10 100!, 10 44!, 50 0!, 90 44!, 90 100!, 10 100", "smile": "@50 50 50 50 -80 -450 / 34 34, 34 40 / 66 34, 66 40 / 26 62, 50 80, 74 62",
    "spiral": "@50 50 8 8 0 -180, @50 50 22 22 -180 -400, @50 50 38 38 -400 -640, @50 50 50 50 -640 -840",
    "cross in a ring": "@50 50 48 48 -80 -450 / 20 18, 80 82 / 80 18, 20 82", "bars": "20 0, 18 100 / 50 0, 50 100 / 80 0, 82 100", "two bars": "30 0, 28 100 / 70 0, 72 100",
    "three lines": "0 14, 100 14 / 0 50, 100 50 / 0 86, 100 86", "gate": "10 0, 12 100 / 30 0, 32 100 / 50 0, 52 100 / 70 0, 72 100 / 0 76, 84 20",
    "bracket": "84 0!, 24 0!, 24 100!, 84 100", "brace": "70 0, 50 8, 50 40, 28 50!, 50 60, 50 92, 70 100", "corner left": "90 2, 10 2!, 8 98",
    "n, cornered": "10 98, 10 2!, 90 2!, 90 98", "u, cornered": "10 2, 10 98!, 90 98!, 90 2", "dollar": "84 14, 50 6, 20 24, 50 50, 80 72, 52 96, 14 84 / 50 -8, 50 108", "euro": "88 10, 50 4, 22 48, 50 98, 88 90 / 4 40, 66 38 / 4 60, 62 58",
    "plus minus": "50 0, 50 64 / 10 34, 90 32 / 10 92, 90 90", "not equal": "0 36, 100 36 / 0 66, 100 66 / 74 8, 26 94", "therefore": "48 6, 52 8 / 4 90, 8 92 / 94 90, 98 92",
    "colon": "49 4, 51 6 / 49 94, 51 96", "quotes": "30 0, 26 40 / 70 0, 66 40", "dots": "2 50, 4 52 / 49 50, 51 52 / 96 50, 98 52", "i": "50 40, 48 98 / 49 6, 51 8", "j": "60 40, 60 80, 40 100, 20 90 / 59 6, 61 8",
    "ring and bar": "@26 50 24 24 0 -370 / 50 50, 100 50", "flash": "70 0!, 20 56!, 60 52!, 24 108!, 84 40!, 50 42!, 96 0!, 70 0", "ae": "10 60, 40 56, 46 30, 30 14, 8 34, 14 80, 44 70, 54 50, 84 46, 80 18, 58 18, 52 60, 64 94, 94 84",
    "arch": "0 60~80, 20 16, 50 0, 80 16, 100 60~80", "bowl": "0 0, 20 44, 50 60, 80 44, 100 0", "back bracket": "10 2, 80 2!, 80 98!, 8 98", "S reversed": "12 14, 50 0, 84 18, 50 48, 14 70, 40 100, 88 86",
}
# fmt: on


def strokes_from_skeleton(skeleton: str, rng: np.random.Generator, shake: float = 0) -> Strokes:
    """Draws a skeleton's curves once.

    Args:
        skeleton: text as described at the top of this file.
        rng: picks a number from each range, and the shakes.
        shake: standard deviation of the normal shift of each point, in hundredths of the height.

    Returns:
        One float64 array (points, 2) for each stroke, x right and y down, about 100 tall.
    """
    return [_curve(*_points(stroke, rng, shake)) for stroke in skeleton.split("/")]


def _points(stroke: str, rng: np.random.Generator, shake: float) -> tuple[np.ndarray, np.ndarray]:
    """The stroke's points (n, 2) and which of them are sharp corners (n,)."""
    points, sharp = [], []
    for part in stroke.split(","):
        part = part.strip()
        corner, part = part.endswith("!"), part.rstrip("!")
        ends = [[float(end) for end in number.split("~")] for number in part.lstrip("@").split()]
        numbers = [rng.uniform(min(end), max(end)) for end in ends]
        if part.startswith("@"):
            x, y, rx, ry, start, stop = numbers
            angles = np.radians(np.linspace(start, stop, 2 + int(abs(stop - start) / 40)))
            arc = np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)
            points.extend(arc)
            sharp.extend([False] * len(arc))
        else:
            points.append(numbers)
            sharp.append(corner)
    return np.array(points) + rng.normal(0, shake, (len(points), 2)), np.array(sharp)


def _curve(points: np.ndarray, sharp: np.ndarray, steps: int = 9) -> np.ndarray:
    """A Catmull-Rom spline through the points (Catmull and Rom 1974) that stops at corners.

    https://en.wikipedia.org/wiki/Cubic_Hermite_spline#Catmull%E2%80%93Rom_spline
    """
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    before[0], after[-1] = points[0], points[-1]
    tangents = (after - before) / 2
    leaving = np.where(sharp[:, None], after - points, tangents)[:-1, None]
    arriving = np.where(sharp[:, None], points - before, tangents)[1:, None]
    start, stop = points[:-1, None], points[1:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * leaving
        + (3 * t**2 - 2 * t**3) * stop
        + (t**3 - t**2) * arriving
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def by_hand(strokes: Strokes, rng: np.random.Generator, wild: float = 1.0) -> Strokes:
    """Slants, squeezes and warps strokes as another hand, and another mood, would draw them.

    Args:
        strokes: arrays (points, 2) of any unit.
        rng: the source of chance.
        wild: how much; 0 leaves the strokes as they are, 1 is the range of legible handwriting.

    Returns:
        The same strokes, centred on 0 0, the longer side of their box 1.
    """
    strokes = [stroke + rng.normal(0, 1.5 * wild, 2) for stroke in strokes]  # pen lifted, set down
    strokes = [_trim(stroke, rng, 0.05 * wild) for stroke in strokes]
    lengths = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    height = np.ptp(points[:, 1]) or 1
    x, y = ((points - low) / max(height, np.ptp(points[:, 0]))).T
    # Where along the height, and the width, the writer spends the space: small heads, big bellies.
    y = y.clip(0, 1) ** np.exp(rng.normal(0, 0.14 * wild))
    x = x.clip(0, 1) ** np.exp(rng.normal(0, 0.1 * wild))
    x = x * (1 + rng.normal(0, 0.14 * wild) * (y - 0.5)) * np.exp(rng.normal(-0.08, 0.22) * wild)
    # A smooth warp: a few waves no shorter than the digit.
    for _ in range(3):
        fx, fy, phase_x, phase_y = rng.uniform(-5, 5, 2).tolist() + rng.uniform(0, 6.3, 2).tolist()
        wave = fx * x + fy * y
        x = x + rng.normal(0, 0.02 * wild) * np.sin(wave + phase_x)
        y = y + rng.normal(0, 0.02 * wild) * np.sin(wave + phase_y)
    slant = rng.normal(0.08, 0.15) * wild
    turn = rng.normal(0, 0.075) * wild
    x = x - slant * y
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    points = np.stack([x, y], axis=1)
    if rng.random() < 0.5 * wild:  # an unsteady hand
        tremor = rng.normal(0, rng.uniform(0.002, 0.012), points.shape)
        points = points + (tremor + np.roll(tremor, 1, axis=0) + np.roll(tremor, 2, axis=0)) / 1.7
    strokes = np.split(points, lengths)
    if rng.random() < 0.15 * wild:  # a slow computer: few points, straight lines between them
        every = rng.integers(3, 7)
        strokes = [np.concatenate([s[:-1:every], s[-1:]]) for s in strokes]
    return unit(strokes)


def unit(strokes: Iterable[ArrayLike], smallest: float = 1e-6) -> Strokes:
    """Centres the strokes' box on 0 0 and makes its longer side 1.

    Args:
        strokes: each (points, 2), of any unit; empty ones are left out.
        smallest: a box whose longer side is less than this is centred, but not scaled.
    """
    arrays = [np.asarray(stroke, float) for stroke in strokes if len(stroke)]
    points = np.concatenate(arrays)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = np.ptp(points, axis=0).max()
    return [(stroke - middle) / (size if size >= smallest else 1) for stroke in arrays]


def _trim(stroke: np.ndarray, rng: np.random.Generator, most: float) -> np.ndarray:
    """Lifts the pen a little early or sets it down a little late."""
    first, last = (rng.uniform(0, most, 2) * len(stroke)).astype(int)
    return stroke[first : len(stroke) - last]


def draw_digit(digit: int, rng: np.random.Generator, way: str | None = None) -> Strokes:
    """Draws a digit in one of its WAYS, or the one that is asked for, as if by hand.

    Returns:
        Arrays (points, 2), centred on 0 0, the longer side of their box 1, y down.
    """
    skeleton = WAYS[digit][way or rng.choice(list(WAYS[digit]))]
    return by_hand(strokes_from_skeleton(skeleton, rng, shake=rng.uniform(0.5, 3.3)), rng)


def draw_non_digit(rng: np.random.Generator) -> Strokes:
    """Draws something that is no digit: a symbol or letter, a scribble, a spoilt digit.

    Returns:
        Arrays (points, 2), centred on 0 0, the longer side of their box 1 (a dot's: next to 0),
        y down.
    """
    kinds = list(NON_DIGITS)
    shares = np.array(list(NON_DIGITS.values()))
    strokes = kinds[rng.choice(len(kinds), p=shares / shares.sum())](rng)
    return unit(strokes, smallest=0.1)  # a dot stays one, whatever the pen


def _symbol(rng: np.random.Generator) -> Strokes:
    skeleton = SYMBOLS[rng.choice(list(SYMBOLS))]
    strokes = strokes_from_skeleton(skeleton, rng, shake=rng.uniform(0.5, 4))
    return by_hand(strokes, rng, wild=rng.uniform(0.3, 0.8))


def _scribble(rng: np.random.Generator) -> Strokes:
    """A pen that wanders about: many turns, so that it can't be mistaken for a digit."""
    points = rng.uniform(0, 100, (rng.integers(8, 24), 2))
    if rng.random() < 0.5:  # to and fro, as one shades an area
        points[:, 0] = np.where(np.arange(len(points)) % 2, 80, 20) + rng.normal(0, 8, len(points))
        points[:, 1] = np.sort(points[:, 1])
    sharp = np.full(len(points), rng.random() < 0.3)
    return by_hand([_curve(points, sharp)], rng)


def _waves(rng: np.random.Generator) -> Strokes:
    x = np.linspace(0, 100, 80)
    height, count = rng.uniform(6, 30), rng.uniform(2, 6)
    y = height * np.sin(x / 100 * 2 * np.pi * count + rng.uniform(0, 6))
    if rng.random() < 0.3:
        y = height * (2 * np.abs((x / 100 * count + rng.random()) % 1 - 0.5) * 2 - 1)  # zigzag
    if rng.random() < 0.25:  # loops, as one tries out a pen
        x = x + height * np.cos(x / 100 * 2 * np.pi * count)
    turn = rng.normal(0, 0.25) if rng.random() < 0.8 else rng.uniform(0, np.pi)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return by_hand([np.stack([x, y], axis=1) @ turned], rng, wild=0.3)


def _dot(rng: np.random.Generator) -> Strokes:
    """A tap or a dab: hardly longer than the pen is wide."""
    return [rng.uniform(0, rng.choice([0, 0.03]), (2, 2))]


def _any_digit(rng: np.random.Generator) -> Strokes:
    return draw_digit(int(rng.integers(10)), rng)


def _overlaid(rng: np.random.Generator) -> Strokes:
    """Two different digits on top of each other, neither of them a mere bar."""
    one, other = rng.choice([0, 2, 3, 4, 5, 6, 7, 8, 9], 2, replace=False)
    shift = rng.normal(0, 0.08, 2)
    scale = rng.uniform(0.75, 1.1)
    return draw_digit(int(one), rng) + [s * scale + shift for s in draw_digit(int(other), rng)]


def _side_by_side(rng: np.random.Generator) -> Strokes:
    gap = rng.uniform(0.5, 1.0)
    scale = rng.uniform(0.8, 1.1)
    right = [s * scale + [gap, rng.normal(0, 0.08)] for s in _any_digit(rng)]
    return _any_digit(rng) + right


def _turned(rng: np.random.Generator) -> Strokes:
    """A digit lying down, upside down or in the mirror, where that is no other digit."""
    digit, x_from, y_from = [
        (2, (0, 1), (-1, 0)), (3, (0, 1), (-1, 0)), (4, (0, 1), (-1, 0)), (5, (0, 1), (-1, 0)),
        (6, (0, 1), (-1, 0)), (7, (0, 1), (-1, 0)), (8, (0, 1), (-1, 0)), (9, (0, 1), (-1, 0)),
        (2, (0, -1), (1, 0)), (3, (0, -1), (1, 0)), (4, (0, -1), (1, 0)), (5, (0, -1), (1, 0)),
        (6, (0, -1), (1, 0)), (7, (0, -1), (1, 0)), (9, (0, -1), (1, 0)), (3, (-1, 0), (0, 1)),
        (4, (-1, 0), (0, -1)), (7, (-1, 0), (0, -1)), (7, (-1, 0), (0, 1)), (9, (-1, 0), (0, 1)),
        (6, (-1, 0), (0, 1)), (4, (-1, 0), (0, 1)),
    ][rng.integers(22)]  # fmt: skip
    matrix = np.array([x_from, y_from], float)
    return [stroke @ matrix.T for stroke in draw_digit(digit, rng)]


def _piece(rng: np.random.Generator) -> Strokes:
    """The first part of a digit that says nothing yet: the hook of a 2, half of a 0."""
    digit, most = [(2, 0.45), (3, 0.45), (0, 0.5)][rng.integers(3)]
    strokes = draw_digit(digit, rng)
    first = strokes[0]
    return [first[: max(3, int(len(first) * rng.uniform(0.75 * most, most)))]]


def _crossed_out(rng: np.random.Generator) -> Strokes:
    """A digit struck out with two or more lines."""
    lines = []
    for _ in range(rng.integers(2, 5)):
        middle, angle = rng.normal(0, 0.15, 2), rng.normal(-0.5, 0.5)
        reach = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.45, 0.75)
        lines.append(np.stack([middle - reach, middle + reach]))
    return _any_digit(rng) + lines


NON_DIGITS: dict[Callable[[np.random.Generator], Strokes], int] = {  # and their shares
    _symbol: 12, _scribble: 2, _waves: 2, _dot: 1, _overlaid: 3, _side_by_side: 2, _turned: 4,
    _piece: 1, _crossed_out: 1,
}  # fmt: skip


def render(strokes: Strokes, width: float, side: int = CANVAS) -> np.ndarray:
    """Draws strokes as the page's canvas does: a round pen, light on dark.

    Args:
        strokes: arrays (points, 2) in pixels.
        width: the pen's width in pixels.
        side: the sheet's side in pixels.

    Returns:
        uint8 array (side, side), ink 255 on 0.
    """
    sheet = Image.new("L", (side, side))
    draw = ImageDraw.Draw(sheet)
    radius = width / 2
    for stroke in strokes:
        path = [tuple(point) for point in stroke.tolist()]
        draw.line(path, fill=255, width=max(1, round(width)), joint="curve")
        for x, y in (path[0], path[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet)


def place(strokes: Strokes, size: float, middle: tuple[float, float]) -> Strokes:
    """Puts strokes (box centred on 0 0, longer side 1) on a sheet, in pixels."""
    return [stroke * size + middle for stroke in strokes]


def training_image(label: int, rng: np.random.Generator) -> np.ndarray:
    """One drawing as the network sees it.

    Args:
        label: 0-9, or NO_DIGIT.
        rng: the source of chance.

    Returns:
        uint8 array (28, 28), normalised like any drawing.
    """
    strokes = draw_non_digit(rng) if label == NO_DIGIT else draw_digit(label, rng)
    # Size and place do not matter to the normaliser; how wide the pen is for the size does.
    side, size = 128, 80
    width = max(1.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.4))))
    return normalize(render(place(strokes, size, (side / 2, side / 2)), width, side))


def training_images(labels: np.ndarray, seed: int) -> np.ndarray:
    """Draws one image for each label, on all processors, the same for the same seed.

    Args:
        labels: integers (n,), 0-9 or NO_DIGIT.
        seed: not negative.

    Returns:
        uint8 array (n, 28, 28).
    """
    with drawing(labels, seed) as images:
        return images()


@contextmanager
def drawing(labels: np.ndarray, seed: int) -> Iterator[Callable[[], np.ndarray]]:
    """Begins to draw what `training_images` gives, in processes of its own, and goes on meanwhile.

    Gives a function that waits for the images. What is not drawn by the end of the with-block is
    not drawn any more.
    """
    if len(labels) == 0:
        yield lambda: np.zeros((0, SIDE, SIDE), np.uint8)
        return
    parts = np.array_split(labels, -(-len(labels) // 500))  # so that the seed alone decides
    seeds = np.random.SeedSequence(seed).spawn(len(parts))
    processes = min(len(parts), os.cpu_count() or 1, 61)  # Windows takes no more
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent)
    drawn = pool.map(_draw_part, parts, seeds)

    def images() -> np.ndarray:
        with pool:  # whose processes are not needed any longer
            return np.concatenate(list(drawn))

    try:
        yield images
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Otherwise this process would wait for work for ever if its parent was killed."""

    def wait() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _draw_part(labels: np.ndarray, seed: np.random.SeedSequence) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([training_image(int(label), rng) for label in labels])
