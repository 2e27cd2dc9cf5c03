using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>Random audits of what contributors upload. A charter without it knows none.</summary>
/// <param name="AnswerWithin">From the draw until a contributor that has opened nothing is told nothing new.</param>
/// <param name="Auditor">A representative or steward of this charter: no contributor and no agency looks into another one's files.</param>
/// <param name="Key">What is opened is sealed to it: the auditor's inbox key.</param>
/// <param name="PerQuarter">Records that are drawn of each contributor and quarter, 1 to <see cref="MostPerQuarter"/>.</param>
public sealed record AuditTerms(RoomDuration AnswerWithin, MemberId Auditor, HpkePublicKey Key, int PerQuarter)
{
    /// <summary>Upper bound of <see cref="PerQuarter"/>: a draw is one message of any room.</summary>
    public const int MostPerQuarter = 8;

    /// <summary>Upper bound of <see cref="AnswerWithin"/>.</summary>
    public static TimeSpan LongestAnswer { get; } = TimeSpan.FromDays(90);

    internal JsonObject ToJson() => new() { ["answerWithin"] = AnswerWithin.ToString(), ["auditor"] = Auditor.Value, ["key"] = Key.ToJwk(), ["perQuarter"] = PerQuarter };

    internal static AuditTerms? Read(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var within = fields.Duration("answerWithin", TimeSpan.FromSeconds(1), LongestAnswer);
        var auditor = fields.Member("auditor");
        var key = fields.SealingJwk("key");
        var most = fields.Int("perQuarter", 1, MostPerQuarter);
        fields.End();
        return within is null || auditor is null || key is null || most is null ? null : new AuditTerms(within.Value, auditor, key, most.Value);
    }
}
