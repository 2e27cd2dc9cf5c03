using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Audits;

/// <summary>A record that is drawn.</summary>
/// <param name="Record">Its id, random.</param>
/// <param name="Commitment">What its contributor committed to.</param>
public sealed record DrawnRecord(Guid Record, Digest Commitment)
{
    internal JsonObject ToJson() => new() { ["commitment"] = Commitment.ToString(), ["record"] = Record.ToString("D") };
}

/// <summary>
/// What is drawn of a contributor's records of a quarter. The log binds its digest; the salt, from the enclave, keeps everybody who knows the records from trying out which are in it.
/// </summary>
/// <param name="Quarter">The quarter that is over, "2026-Q4".</param>
/// <param name="Salt">32 bytes.</param>
/// <param name="Withdrawn">How many slots of the contributor's batches since the draw before were withdrawn before this one, a band of <see cref="CountBand"/>: they are not drawn, and the auditor knows.</param>
/// <param name="Drawn">Sorted by record; at most <see cref="AuditTerms.MostPerQuarter"/>.</param>
public sealed record AuditSample(string Quarter, ReadOnlyMemory<byte> Salt, string Withdrawn, IReadOnlyList<DrawnRecord> Drawn)
{
    /// <summary>Bytes of a salt.</summary>
    public const int SaltSize = 32;

    /// <summary>What the epoch's entry says of it.</summary>
    /// <param name="room">The room.</param>
    /// <param name="contributor">Whose records they are.</param>
    public Digest DigestIn(RoomId room, MemberId contributor)
    {
        ArgumentNullException.ThrowIfNull(contributor);
        var json = new JsonObject { ["contributor"] = contributor.Value, ["room"] = room.ToString() };
        WriteHead(json);
        json["drawn"] = JsonBuild.Objects(Drawn.Select(item => item.ToJson()));
        return Digest.Of([.. "cleanroom/v1/audit-sample\0"u8, .. JsonBuild.Bytes(json)]);
    }

    internal void WriteHead(JsonObject json)
    {
        json["quarter"] = Quarter;
        json["salt"] = StrictBase64.EncodeUrl(Salt.Span);
        json["withdrawn"] = Withdrawn;
    }

    internal void Write(JsonObject json)
    {
        WriteHead(json);
        json["drawn"] = JsonBuild.Objects(Drawn.Select(item => item.ToJson()));
    }

    internal static AuditSample? Read(JsonFields fields) => ReadWith(fields, "drawn", item => item) is var (sample, _) ? sample : null;

    /// <summary>Reads a sample whose records stand in a list, with more beside each of them.</summary>
    internal static (AuditSample Sample, IReadOnlyList<T> Items)? ReadWith<T>(JsonFields fields, string name, Func<DrawnRecord, JsonFields, T?> read)
        where T : class
    {
        var quarter = fields.Parsed("quarter", "is not a quarter", "write it as 2026-Q4", (string text, out string? result) => (result = BudgetPeriod.IsQuarter(text) ? text : null) is not null);
        var salt = fields.Bytes("salt", SaltSize, SaltSize);
        var withdrawn = fields.OneOf("withdrawn", CountBand.All);
        var drawn = new List<DrawnRecord>();
        var items = fields.List(name, 0, AuditTerms.MostPerQuarter, (element, path) =>
        {
            var item = new JsonFields(element, path, fields.Problems);
            var record = item.ParsedValue<Guid>("record", "is not a record id", "write a UUID in lower case with hyphens", UuidText.TryParse);
            var commitment = item.Digest("commitment");
            var value = record is null || commitment is null ? null : read(new DrawnRecord(record.Value, commitment), item);
            item.End();
            if (value is not null)
            {
                drawn.Add(new DrawnRecord(record!.Value, commitment!));
            }

            return value;
        });
        for (var i = 1; i < drawn.Count; i++)
        {
            if (string.CompareOrdinal(drawn[i - 1].Record.ToString("D"), drawn[i].Record.ToString("D")) >= 0)
            {
                fields.Problems.Add(name, "is not sorted by record, or names one twice", "sort it and remove duplicates");
                break;
            }
        }

        return quarter is null || salt is null || withdrawn is null ? null : (new AuditSample(quarter, salt, withdrawn, drawn), items);
    }

    private static (AuditSample, IReadOnlyList<DrawnRecord>)? ReadWith(JsonFields fields, string name, Func<DrawnRecord, DrawnRecord> read) =>
        ReadWith<DrawnRecord>(fields, name, (drawn, _) => read(drawn));
}
