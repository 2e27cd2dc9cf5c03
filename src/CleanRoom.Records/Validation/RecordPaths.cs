using System.Globalization;
using Google.Protobuf.Reflection;

namespace CleanRoom.Records.Validation;

/// <summary>Names of fields inside a record, as validation, provenance and consents write them: <c>persons[1].birth.edtf</c>, in JSON's spelling.</summary>
public static class RecordPaths
{
    /// <summary>The longest path, in characters.</summary>
    public const int MaxLength = 120;

    /// <summary>Gives the steps of a path; false if a name does not exist, an index stands behind no list, or the path is too long.</summary>
    public static bool TryParse(string? path, out IReadOnlyList<(FieldDescriptor Field, int? Index)> steps)
    {
        var found = new List<(FieldDescriptor, int?)>();
        steps = found;
        if (path is null || path.Length is 0 or > MaxLength)
        {
            return false;
        }
        var message = V1.CaseRecord.Descriptor;
        foreach (var part in path.Split('.'))
        {
            var open = part.IndexOf('[', StringComparison.Ordinal);
            var name = open < 0 ? part : part[..open];
            int? index = null;
            if (open >= 0)
            {
                if (!part.EndsWith(']') || !int.TryParse(part.AsSpan(open + 1, part.Length - open - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    return false;
                }
                index = number;
            }
            if (message?.Fields.InFieldNumberOrder().FirstOrDefault(f => f.JsonName == name) is not { } field || (index is not null && !field.IsRepeated))
            {
                return false;
            }
            found.Add((field, index));
            message = field.FieldType == FieldType.Message ? field.MessageType : null;
        }
        return true;
    }

    /// <summary>The path of an entry below another one.</summary>
    internal static string Join(string above, FieldDescriptor field, int? index) =>
        $"{above}{(above.Length > 0 ? "." : "")}{field.JsonName}{(index is { } i ? $"[{i.ToString(CultureInfo.InvariantCulture)}]" : "")}";
}
