"""ONNX files of a few kB, written without the package `onnx`: just the protobuf fields that onnxruntime reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Shape = Sequence[int | str]
_TYPES: Final = {"float32": 1, "int64": 7, "bool": 9}


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: int) -> bytes:
    fields = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs] + [_text(4, kind)]
    for name, value in attributes.items():
        fields.append(_bytes(5, _text(1, name) + _number(3, value) + _number(20, 2)))
    return b"".join(fields)


def write_model(
    path: Path,
    nodes: Iterable[bytes],
    inputs: Mapping[str, tuple[Any, Shape]],
    outputs: Mapping[str, tuple[Any, Shape]],
    constants: Mapping[str, npt.NDArray[Any]],
) -> None:
    """A model of opset 17. Inputs and outputs: name, then type and shape; a text in a shape is a size that varies."""
    graph = b"".join(
        [
            *(_bytes(1, one) for one in nodes),
            _text(2, "tiny"),
            *(_bytes(5, _tensor(name, value)) for name, value in constants.items()),
            *(_bytes(11, _value(name, *one)) for name, one in inputs.items()),
            *(_bytes(12, _value(name, *one)) for name, one in outputs.items()),
        ]
    )
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 17)))


def _tensor(name: str, value: npt.NDArray[Any]) -> bytes:
    sizes = b"".join(_number(1, size) for size in value.shape)
    return sizes + _number(2, _TYPES[value.dtype.name]) + _text(8, name) + _bytes(9, np.ascontiguousarray(value).tobytes())


def _value(name: str, kind: Any, shape: Shape) -> bytes:
    sizes = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    tensor = _number(1, _TYPES[np.dtype(kind).name]) + _bytes(2, sizes)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
