namespace CleanRoom.Client.Rooms;

/// <summary>An entry that stands in the log.</summary>
/// <param name="Index">Its position.</param>
/// <param name="Existed">Whether it was there before this call.</param>
public sealed record AppendedEntry(long Index, bool Existed);
