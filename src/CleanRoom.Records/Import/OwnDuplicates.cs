using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Finds rows of one file that speak of the same victim. Only hashes are kept, and of so many rows at most.</summary>
internal sealed class OwnDuplicates
{
    private const int MaxKeys = 2_000_000;

    private readonly Dictionary<ulong, int> _lines = [];
    private readonly HashSet<ulong> _references = [];

    /// <summary>True if an earlier row had the reference. Of very long files only the first rows are remembered, so that memory stays flat.</summary>
    public bool IsKnownReference(string reference) => _references.Count < MaxKeys ? !_references.Add(Hash(reference)) : _references.Contains(Hash(reference));

    /// <summary>Gives the line of an earlier row with the same person, or 0.</summary>
    public int Earlier(CaseRecord record, int line)
    {
        var earlier = 0;
        foreach (var key in Keys(record))
        {
            if (_lines.TryGetValue(key, out var other))
            {
                earlier = earlier == 0 ? other : earlier;
            }
            else if (_lines.Count < MaxKeys)
            {
                _lines.Add(key, line);
            }
        }
        return earlier;
    }

    private static IEnumerable<ulong> Keys(CaseRecord record)
    {
        var victim = record.Persons.FirstOrDefault(p => p.Role == "Victim");
        foreach (var identifier in victim?.Identifiers.Where(i => i.HolderRole == "Victim" && i.Kind is "Document" or "Phone" or "Email" && i.Candidates.Count > 0) ?? [])
        {
            yield return Hash(identifier.Candidates[0]);
        }
        if (victim?.Birth is { Precision: "Day" } birth)
        {
            foreach (var name in victim.Names.Where(n => n.Type != "Alias"))
            {
                // The order of a name's words is a habit of the list.
                var words = Text.FoldWords(name.Full).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length > 1)
                {
                    yield return Hash(string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', words.Order(StringComparer.Ordinal))} {birth.EarliestDay}"));
                }
            }
        }
    }

    private static ulong Hash(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
