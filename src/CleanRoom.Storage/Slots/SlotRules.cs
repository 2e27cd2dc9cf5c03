namespace CleanRoom.Storage.Slots;

/// <summary>What every driver decides alike about frames.</summary>
internal static class SlotRules
{
    public static void CheckFrames(IReadOnlyList<SlotFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        foreach (var frame in frames)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(frame.Number, 1, nameof(frames));
        }
    }

    /// <summary>Compares everything before anything is written: a conflict leaves nothing behind.</summary>
    /// <param name="frames">Of the call.</param>
    /// <param name="known">Ciphertexts that are stored under their recipients and numbers.</param>
    /// <param name="added">Frames to be written, each number once.</param>
    /// <returns>The conflict, or <see langword="null"/>.</returns>
    public static SlotPut.Conflict? Sort(
        IReadOnlyList<SlotFrame> frames, IReadOnlyDictionary<(string Recipient, long Number), byte[]> known, out IReadOnlyList<SlotFrame> added)
    {
        var fresh = new Dictionary<(string, long), SlotFrame>();
        added = [];
        foreach (var frame in frames)
        {
            var key = (frame.Recipient, frame.Number);
            if (!known.TryGetValue(key, out var stored) && !fresh.TryGetValue(key, out var repeated))
            {
                fresh.Add(key, frame);
            }
            else if (!frame.Ciphertext.Span.SequenceEqual(stored ?? fresh[key].Ciphertext.Span))
            {
                return new SlotPut.Conflict(frame.Recipient, frame.Number);
            }
        }

        added = [.. fresh.Values];
        return null;
    }
}
