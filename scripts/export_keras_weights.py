"""Writes the convolutions of a Keras U-Net as safetensors, for unet_lab::weights::load_keras_unet.

    python export_keras_weights.py model.keras model.safetensors

Reads a whole saved model (`model.save("model.keras")` or `.h5`), not a file of weights alone. Needs `keras` with any backend
and nothing else. The file holds, for each convolution in the order of a forward pass, `NNN.<layer>.kernel` in Keras' layout
`[height, width, in, out]` and `NNN.<layer>.bias`, in single precision.
"""

import json
import struct
import sys

import keras
import numpy as np


def convolutions(model):
    """Kernel and bias of each convolution, in the order in which the listing makes them."""
    kinds = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    other = (keras.layers.BatchNormalization, keras.layers.Dense, keras.layers.DepthwiseConv2D)
    for layer in model.layers:
        if isinstance(layer, other):
            raise SystemExit(f"layer {layer.name} is a {type(layer).__name__}, which the course's listing has not")
        if isinstance(layer, kinds):
            yield layer


def write_safetensors(path, arrays, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def export(source, target):
    model = keras.models.load_model(source, compile=False)
    arrays = {}
    for number, layer in enumerate(convolutions(model)):
        for kind, values in zip(("kernel", "bias"), layer.get_weights()):
            arrays[f"{number:03}.{layer.name}.{kind}"] = np.ascontiguousarray(values, dtype="<f4")
    if not arrays:
        raise SystemExit(f"{source} holds no convolution")
    write_safetensors(target, arrays, {"format": "keras", "keras": keras.__version__})
    count = sum(array.size for array in arrays.values())
    print(f"{target}: {len(arrays)} arrays, {count} parameters")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    export(*sys.argv[1:])
