using System.Collections;
using System.Collections.Frozen;
using CleanRoom.Records.Import;
using CleanRoom.Records.Lists;
using CleanRoom.Records.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CleanRoom.Records.Validation;

/// <summary>Checks a record against its schema (DATA.md 1.2) and gives everything that is wrong at once.</summary>
/// <remarks>Shapes, lengths, counts and codes are read off the schema; what one field asks of another stands in <see cref="RecordRules"/>.</remarks>
public static class CaseRecordValidator
{
    /// <summary>The most characters of a text field.</summary>
    public const int MaxText = 400;

    /// <summary>The most entries of a list.</summary>
    public const int MaxEntries = 64;

    private const int MaxProblems = 200;

    private static readonly Lazy<FrozenDictionary<string, CodeList>> Codes = new(() =>
        TableFile.Lines("record_codes.txt").ToFrozenDictionary(l => l[0], l => CodeLists.Get(l[1]), StringComparer.Ordinal));

    /// <summary>Gives all problems in the order of the schema, at most 200; empty if there are none.</summary>
    public static IReadOnlyList<RecordProblem> Validate(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var problems = new List<RecordProblem>();
        Walk(record, "", problems);
        RecordRules.Check(record, problems);
        if (record.CalculateSize() > CaseRecordCodec.MaxSize)
        {
            problems.Add(new RecordProblem("", IssueSeverity.Error, $"The record is larger than {CaseRecordCodec.MaxSize} bytes.", "Shorten its cells."));
        }
        return problems.Count > MaxProblems ? problems.GetRange(0, MaxProblems) : problems;
    }

    /// <summary>The code list of a field (<c>Person.gender</c>), or null.</summary>
    internal static CodeList? ListOf(FieldDescriptor field) => Lists.GetOrAdd(field, static f => Codes.Value.GetValueOrDefault($"{f.ContainingType.Name}.{f.Name}"));

    private static void Walk(IMessage message, string path, List<RecordProblem> problems)
    {
        foreach (var field in FieldsOf(message.Descriptor))
        {
            var value = field.Accessor.GetValue(message);
            if (!field.IsRepeated)
            {
                One(field, value, path, null, problems);
                continue;
            }
            var list = (IList)value;
            if (list.Count > MaxEntries)
            {
                problems.Add(new RecordProblem(RecordPaths.Join(path, field, null), IssueSeverity.Error, $"The list has more than {MaxEntries} entries.", "Split the case."));
            }
            for (var i = 0; i < Math.Min(list.Count, MaxEntries); i++)
            {
                One(field, list[i], path, i, problems);
            }
        }
    }

    private static void One(FieldDescriptor field, object? value, string path, int? index, List<RecordProblem> problems)
    {
        switch (value)
        {
            case string { Length: > 0 } text:
                if (text.Length > MaxText)
                {
                    problems.Add(new RecordProblem(RecordPaths.Join(path, field, index), IssueSeverity.Error, $"The text is longer than {MaxText} characters.", "Shorten it."));
                }
                if (HasHidden(text))
                {
                    problems.Add(new RecordProblem(RecordPaths.Join(path, field, index), IssueSeverity.Error, "The text holds control or direction characters.", "Type it again without them."));
                }
                if (ListOf(field) is { } list && !list.Contains(text))
                {
                    problems.Add(new RecordProblem(
                        RecordPaths.Join(path, field, index), list.Extensible ? IssueSeverity.Warning : IssueSeverity.Error, $"The value is not in code list {list.Name}.", "Use a value of the list."));
                }
                break;
            case PartialDate date:
                Dates(date, RecordPaths.Join(path, field, index), problems);
                Walk(date, RecordPaths.Join(path, field, index), problems);
                break;
            case IMessage below:
                Walk(below, RecordPaths.Join(path, field, index), problems);
                break;
            case Enum number when !Enum.IsDefined(number.GetType(), number):
                problems.Add(new RecordProblem(RecordPaths.Join(path, field, index), IssueSeverity.Error, "The answer is none of unknown, yes and no.", "Use one of the three."));
                break;
            default:
                break;
        }
    }

    private static void Dates(PartialDate date, string path, List<RecordProblem> problems)
    {
        if (date.EarliestDay > date.LatestDay)
        {
            problems.Add(new RecordProblem(path, IssueSeverity.Error, "The date ends before it begins.", "Write it as YYYY-MM-DD, YYYY-MM or YYYY."));
        }
        if (date.Raw.Length > 64)
        {
            problems.Add(new RecordProblem(path + ".raw", IssueSeverity.Error, "The date as typed is longer than 64 characters.", "Keep the date and nothing else."));
        }
        if (!Edtf.TryParse(date.Edtf, out var earliest, out var latest))
        {
            problems.Add(new RecordProblem(path + ".edtf", IssueSeverity.Error, "The date is not EDTF (ISO 8601-2) level 1 between the years 1 and 9999.", "Write it as YYYY-MM-DD, YYYY-MM or YYYY."));
        }
        else if (date.Precision is "Day" or "Month" or "Year" or "Range" or "AgeDerived" && (earliest != date.EarliestDay || latest != date.LatestDay))
        {
            problems.Add(new RecordProblem(path + ".edtf", IssueSeverity.Error, "The date says other days than its first and last day.", "Make the three agree."));
        }
    }

    /// <summary>Characters that nobody sees and that change what is read: C0 and C1 controls, and what turns the direction of text (UAX 9).</summary>
    internal static bool IsHidden(char c) => char.IsControl(c) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' or '\u061C' or '\uFEFF';

    private static bool HasHidden(string text)
    {
        foreach (var c in text)
        {
            if (IsHidden(c))
            {
                return true;
            }
        }
        return false;
    }

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<FieldDescriptor, CodeList?> Lists = new();

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<MessageDescriptor, FieldDescriptor[]> Ordered = new();

    private static FieldDescriptor[] FieldsOf(MessageDescriptor message) => Ordered.GetOrAdd(message, static m => [.. m.Fields.InFieldNumberOrder()]);
}
