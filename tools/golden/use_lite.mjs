// Makes tests/golden/use_lite.json: what the package's own program says about sentences.
//
//   npm install @energetic-ai/embeddings@0.2.0    (in a folder of its own)
//   node use_lite.mjs FOLDER_OF_THE_PACKAGE/dist > use_lite.json    (with this file copied there)
import { createRequire } from "module";
import { readFileSync } from "fs";

const require = createRequire(import.meta.url);
const tf = require("@energetic-ai/core");
const { EmbeddingsModel } = require("@energetic-ai/embeddings");
const folder = process.argv[2];
const model = await tf.loadGraphModel(`file://${folder}/model.json`);
const vocabulary = JSON.parse(readFileSync(`${folder}/vocab.json`));
const { tokenizer } = new EmbeddingsModel({ model, vocabulary });
const states_of =
  "module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack/Layer_1/TransformerLayer/FFN/layer_postprocess/add";
const mean_of = "module_apply_default/Encoder_en/hidden_layers/l2_normalize";
const round = (v) => Number(v.toPrecision(7));
const sentences = [
  "an old man walks in a circle, then sits down",
  "a person waves with the left hand twice",
  "A person waves with the right hand twice.",
  "someone slowly lies down on the bed",
  "jump",
  "the child runs forwards quickly, kicks a ball with the right foot and falls to the ground",
  "  two  spaces",
  "ﬁne Å ½ café naïve",
  "walks ☃☃☃ away",
  "日本語",
];
const out = [];
for (const text of sentences) {
  const tokens = tokenizer.encode(text);
  const indices = tf.tensor2d(tokens.map((_, i) => [0, i]), [tokens.length, 2], "int32");
  const values = tf.tensor1d(tokens, "int32");
  const [s, m] = await model.executeAsync({ indices, values }, [states_of, mean_of]);
  const mean = Array.from(await m.data()).map(round);
  // Every 16th number of every token is enough.
  const states = Array.from(await s.data()).filter((_, i) => i % 16 === 0).map(round);
  out.push({ text, tokens, mean, states });
}
console.log(JSON.stringify(out));
