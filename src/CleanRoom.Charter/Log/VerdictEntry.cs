using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>What an auditor says of a draw.</summary>
public enum AuditResult
{
    /// <summary>A case is not there, or is another one.</summary>
    Failed,

    /// <summary>The auditor has got nothing to look at.</summary>
    Overdue,

    /// <summary>The cases are there.</summary>
    Passed,
}

/// <summary>The draw of a contributor's records, as an epoch's entry names it.</summary>
/// <param name="Member">The contributor.</param>
/// <param name="Quarter">The quarter that is over.</param>
/// <param name="Sample">Digest of what was drawn.</param>
public sealed record EpochAudit(MemberId Member, string Quarter, Digest Sample);

/// <summary>The auditor's word on a draw; it holds nothing of a case. It counts when another person of the auditor has confirmed it, and a later one takes its place.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The auditor that the charter in force names.</param>
/// <param name="Of">The draw.</param>
/// <param name="Result">What was found.</param>
public sealed record VerdictEntry(RoomId Room, EntryId Id, MemberId Author, EpochAudit Of, AuditResult Result) : Entry(Room, Id, Author)
{
    internal const string TypeName = "verdict";

    /// <summary>The words that stand in entries.</summary>
    public static IReadOnlyList<string> Words { get; } = [.. Enum.GetNames<AuditResult>().Select(name => name.ToLowerInvariant())];

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["contributor"] = Of.Member.Value;
        json["quarter"] = Of.Quarter;
        json["result"] = Result.ToString().ToLowerInvariant();
        json["sample"] = Of.Sample.ToString();
    }

    internal static VerdictEntry? Read(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var contributor = fields.Member("contributor");
        var quarter = ReadQuarter(fields);
        var result = fields.OneOf("result", Words);
        var sample = fields.Digest("sample");
        return contributor is null || quarter is null || result is null || sample is null
            ? null
            : new VerdictEntry(room, id, author, new EpochAudit(contributor, quarter, sample), Enum.Parse<AuditResult>(result, ignoreCase: true));
    }

    internal static string? ReadQuarter(JsonFields fields) =>
        fields.Parsed("quarter", "is not a quarter", "write it as 2026-Q4", (string text, out string? result) => (result = BudgetPeriod.IsQuarter(text) ? text : null) is not null);
}

/// <summary>A draw in the log.</summary>
/// <param name="Of">What the epoch's entry says.</param>
/// <param name="Epoch">The epoch that told the contributor.</param>
/// <param name="RoomTime">Of that epoch.</param>
/// <param name="Through">Size of the log whose records were looked at: the next draw begins there.</param>
/// <param name="Result">What two people of the auditor have said last; null while they have said nothing.</param>
public sealed record LoggedAudit(EpochAudit Of, long Epoch, DateTimeOffset RoomTime, long Through, AuditResult? Result);

/// <summary>A verdict that waits for a second person of the auditor.</summary>
/// <param name="Entry">What it says.</param>
/// <param name="LeafHash">Its leaf hash: what the second person signs.</param>
/// <param name="Signer">Key of who signed first.</param>
/// <param name="Person">Name of who signed first.</param>
public sealed record WaitingVerdict(VerdictEntry Entry, Digest LeafHash, KeyId Signer, string Person);
