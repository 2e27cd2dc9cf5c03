namespace CleanRoom.Client.Recovery;

/// <summary>Entries of one type.</summary>
/// <param name="Type">As in the log.</param>
/// <param name="Count">How many.</param>
public sealed record LossCount(string Type, int Count);

/// <summary>What a recovery takes away, as far as one profile knows.</summary>
/// <param name="Entries">Entries that are lost at most.</param>
/// <param name="Seen">Lost entries that this profile kept and may read.</param>
/// <param name="Known">Entries of the log that this profile had seen.</param>
/// <param name="Own">This member's own among them, by type.</param>
public sealed record LossReport(long Entries, int Seen, long Known, IReadOnlyList<LossCount> Own);

/// <summary>What was appended again after a recovery.</summary>
/// <param name="Appended">Entries.</param>
/// <param name="Batches">Lost batches: the next upload of the same file seals their records anew.</param>
/// <param name="Records">Records that this upload will take up again.</param>
/// <param name="Requests">Requests for disclosure, watches and searches that are to be asked anew.</param>
/// <param name="Refused">Types of entries that the log does not take any more: what they speak of is lost too.</param>
public sealed record ReappendResult(int Appended, int Batches, int Records, int Requests, IReadOnlyList<string> Refused);
