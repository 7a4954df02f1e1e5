// Runs the detector over the frames that the server lists and sends back what it finds.
/* global Pose */
try {
  const frames = await (await fetch('/frames')).json();
  const pose = new Pose({ locateFile: (file) => `/pose/${file}` });
  // Every frame for itself: no tracking from one to the next.
  pose.setOptions({ modelComplexity: 1, smoothLandmarks: false, staticImageMode: true,
    minDetectionConfidence: 0.5 });
  let found = null;
  pose.onResults((results) => {
    found = results.poseLandmarks?.map((p) => [p.x, p.y, p.visibility]) ?? null;
  });
  const answers = [];
  for (const name of frames) {
    const image = new Image();
    image.src = `/images/${name}`;
    await image.decode();
    found = null;
    await pose.send({ image });
    answers.push(found);
    if (answers.length % 10 === 0) await fetch('/progress', { method: 'POST', body: `${answers.length}` });
  }
  await fetch('/result', { method: 'POST', body: JSON.stringify(answers) });
} catch (error) {
  await fetch('/error', { method: 'POST', body: String(error?.stack ?? error) });
}
