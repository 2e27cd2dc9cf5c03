using System.Collections;
using CleanRoom.Records.V1;
using CleanRoom.Records.Validation;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CleanRoom.Records;

/// <summary>Takes out of a record what its consents keep back (DATA.md 1.2 K, withheldPaths), before anything is sealed or compared.</summary>
public static class Withholding
{
    private static readonly string[] Parts = ["case", "determination", "persons", "events", "organisations", "vehicles", "vessels", "exploitation", "progress", "support"];

    /// <summary>True for a path that a consent can withhold: an existing field of the record's content, without an index, and not the key or role of a person.</summary>
    public static bool IsWithholdable(string path) =>
        RecordPaths.TryParse(path, out var steps) && steps.All(s => s.Index is null) && Parts.Contains(steps[0].Field.JsonName)
        && path is not ("persons" or "persons.personKey" or "persons.role");

    /// <summary>
    /// Gives the record itself if nothing is withheld, else a copy without the withheld fields. A consent with a person key keeps back fields of that person only.
    /// </summary>
    /// <exception cref="ArgumentException">A path cannot be withheld: what cannot be obeyed is not shared.</exception>
    public static CaseRecord Apply(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Consents.All(c => c.WithheldPaths.Count == 0))
        {
            return record;
        }
        var copy = record.Clone();
        foreach (var consent in record.Consents)
        {
            foreach (var path in consent.WithheldPaths)
            {
                if (!IsWithholdable(path))
                {
                    throw new ArgumentException("A consent withholds a path that does not exist in a record.", nameof(record));
                }
                _ = RecordPaths.TryParse(path, out var steps);
                Clear(copy, [.. steps.Select(s => s.Field)], 0, consent.PersonKey);
            }
        }
        return copy;
    }

    private static void Clear(IMessage message, FieldDescriptor[] path, int at, string personKey)
    {
        if (message is Person person && personKey.Length > 0 && person.PersonKey != personKey)
        {
            return;
        }
        var field = path[at];
        if (at == path.Length - 1)
        {
            field.Accessor.Clear(message);
        }
        else if (field.IsRepeated)
        {
            foreach (IMessage item in (IList)field.Accessor.GetValue(message))
            {
                Clear(item, path, at + 1, personKey);
            }
        }
        else if (field.Accessor.GetValue(message) is IMessage below)
        {
            Clear(below, path, at + 1, personKey);
        }
    }
}
