"""Tasks with masks of single weights as MANN (beyondml) has them: MultiMaskedDense holds a kernel, a bias and their masks for each
task, [tasks, in, out], and computes task by task. MANN itself is on no registry that this machine reaches: the layer is written after
its source's behaviour, in TensorFlow, and trained by a compiled step."""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import tensorflow as tf
from arrays import Arrays, serve

threads = int(os.environ["HEADGATE_BENCH_THREADS"])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)

work = Arrays(sys.argv[1])
tasks = work.options["tasks"]


class MultiMaskedDense(tf.keras.layers.Layer):
    """One kernel a task; the masks are weights that are not trained."""

    def __init__(self, kernels, masks, biases, activation):
        super().__init__()
        self.kernel = self.add_weight(name="kernel", shape=kernels.shape, initializer=lambda *_, **__: tf.constant(kernels))
        self.bias = self.add_weight(name="bias", shape=biases.shape, initializer=lambda *_, **__: tf.constant(biases))
        self.kernel_mask = self.add_weight(
            name="kernel_mask", shape=masks.shape, trainable=False, initializer=lambda *_, **__: tf.constant(masks)
        )
        self.bias_mask = self.add_weight(name="bias_mask", shape=biases.shape, trainable=False, initializer="ones")
        self.activation = tf.keras.activations.get(activation)

    def call(self, inputs):
        return [
            self.activation(
                tf.matmul(x, self.kernel[i] * self.kernel_mask[i]) + self.bias[i] * self.bias_mask[i]
            )
            for i, x in enumerate(inputs)
        ]


def stacked(name):
    return tf.stack([work.array(f"pathway/{task}/{name}") for task in tasks]).numpy()


inputs = tf.keras.Input((work.array("input/x").shape[1],))
features = [inputs] * len(tasks)
for kernel in [name for name in work.spec["parameters"] if name.startswith("backbone/") and name.endswith("/kernel")]:
    masks = tf.stack([work.array(f"mask/reads/{task}/{kernel}") for task in tasks]).numpy()
    kernels = tf.stack([work.array(kernel)] * len(tasks)).numpy() * masks
    features = MultiMaskedDense(kernels, masks, stacked(kernel.replace("/kernel", "/bias")), "relu")(features)
head_kernel, head_bias = [work.array(name) for name in work.options["head"]]
heads = [tf.keras.layers.Dense(1) for _ in tasks]
outputs = [head(x) for head, x in zip(heads, features)]
model = tf.keras.Model(inputs, outputs)
for i, head in enumerate(heads):
    head.set_weights([head_kernel[:, i : i + 1], head_bias[i : i + 1]])

rows = work.array("order")[: work.batch_size]
x = tf.constant(work.array("input/x")[rows])
targets = [tf.constant(work.array("targets")[rows][:, i : i + 1]) for i in range(len(tasks))]
optimizer = tf.keras.optimizers.Adam(work.spec["optimizer"]["learningRate"], epsilon=work.options["epsilon"])


@tf.function
def step():
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = tf.add_n(
            [
                tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z))
                for t, z in zip(targets, logits)
            ]
        )
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


serve(lambda: float(step()))
