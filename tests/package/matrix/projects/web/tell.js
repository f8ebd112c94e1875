/** Fetches the recording, lets `play` make the report, and writes what came of it where the test looks for it. */
export async function tell(play) {
  let outcome;
  try {
    const response = await fetch('recording.json');
    outcome = { report: JSON.parse(await play(await response.text())) };
  } catch (error) {
    outcome = { error: `${error.name}: ${error.message}`, cause: String(error.cause) };
  }
  document.documentElement.dataset.outcome = JSON.stringify(outcome);
}
