using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reads one object of a charter's reference values strictly: each member is asked for by name, and <see cref="Finish"/> objects to
/// any that nobody asked for. The first problem stays; values read after it mean nothing.
/// </summary>
internal sealed class ReferenceReader
{
    /// <summary>Most values of one list.</summary>
    public const int MaxValues = 64;

    private readonly JsonElement _owner;
    private readonly string _where;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>Reads an object.</summary>
    /// <param name="owner">The object; null or another value reads as an object without members, with a problem if it is not absent.</param>
    /// <param name="where">What problems begin with, such as <c>enclaves matching: reference</c>.</param>
    public ReferenceReader(JsonElement? owner, string where)
    {
        _where = where;
        if (owner is { ValueKind: JsonValueKind.Object } element)
        {
            _owner = element;
        }
        else if (owner is not null)
        {
            Fail("", "must be an object");
        }
    }

    /// <summary>The first problem, one sentence, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>A list of byte strings in lower-case hexadecimal, each of one size.</summary>
    /// <param name="name">The member.</param>
    /// <param name="size">Bytes of each value.</param>
    /// <param name="absent">What holds if the member is not there; null: it must be.</param>
    public ValueSet Hex(string name, int size, ValueSet? absent)
    {
        var values = List(name, absent is not null, item => HexBytes.TryParse(Text(item), size, out var bytes) ? bytes : null, $"values of {2 * size} lower-case hexadecimal digits");
        return values is { } list ? new ValueSet(list) : absent ?? new ValueSet([]);
    }

    /// <summary>A list of whole numbers within bounds.</summary>
    public ImmutableArray<int> Numbers(string name, int minimum, int maximum, params ImmutableArray<int> absent) =>
        List(name, !absent.IsDefault, item => Number(item, minimum, maximum), $"numbers from {minimum} to {maximum}") ?? (absent.IsDefault ? [] : absent);

    /// <summary>A list of words out of a vocabulary.</summary>
    public ImmutableArray<string> Words(string name, Func<string, bool> isWord, string vocabulary, params ImmutableArray<string> absent) =>
        List(name, true, item => Text(item) is { } text && isWord(text) ? text : null, $"words out of {vocabulary}", mayBeEmpty: true) ?? absent;

    /// <summary>A whole number within bounds.</summary>
    public int Integer(string name, int minimum, int maximum, int? absent)
    {
        if (!TryGet(name, out var member))
        {
            return absent ?? Fail(name, $"must be a number from {minimum} to {maximum}");
        }

        return Number(member, minimum, maximum) ?? Fail(name, $"must be a number from {minimum} to {maximum}");
    }

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool absent)
    {
        if (!TryGet(name, out var member))
        {
            return absent;
        }

        if (member.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            _ = Fail(name, "must be true or false");
        }

        return member.ValueKind == JsonValueKind.True;
    }

    /// <summary>A mask of 64 bits in 16 lower-case hexadecimal digits.</summary>
    public ulong Mask(string name, ulong absent)
    {
        if (!TryGet(name, out var member))
        {
            return absent;
        }

        return HexBytes.TryParse(Text(member), sizeof(ulong), out _)
            ? ulong.Parse(Text(member)!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : (ulong)Fail(name, "must be 16 lower-case hexadecimal digits");
    }

    /// <summary>A text, or null if the member is not there.</summary>
    public string? OptionalText(string name, Func<string, bool> isText, string words)
    {
        if (!TryGet(name, out var member))
        {
            return null;
        }

        if (Text(member) is { } text && isText(text))
        {
            return text;
        }

        _ = Fail(name, words);
        return null;
    }

    /// <summary>Tells whether a member is there; somebody else reads it.</summary>
    public bool Has(string name) => TryGet(name, out _);

    /// <summary>A reader for an object inside; its problem must be taken over with <see cref="Take"/>.</summary>
    /// <returns>Null if the member is not there.</returns>
    public ReferenceReader? Object(string name) => TryGet(name, out var member) ? new ReferenceReader(member, Join(name)) : null;

    /// <summary>Finishes a reader for an object inside and keeps its problem if it is the first.</summary>
    public void Take(ReferenceReader? inner) => Problem ??= inner?.Finish();

    /// <summary>Objects to members that nobody asked for; gives the first problem.</summary>
    public string? Finish()
    {
        if (Problem is null && _owner.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in _owner.EnumerateObject())
            {
                if (!_asked.Contains(member.Name))
                {
                    _ = Fail("", $"must have no other members than {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
                    break;
                }
            }
        }

        return Problem;
    }

    /// <summary>Notes a problem with a member.</summary>
    public int Fail(string name, string words)
    {
        Problem ??= $"{Join(name)} {words}.";
        return 0;
    }

    private static string? Text(JsonElement item) => item.ValueKind == JsonValueKind.String ? item.GetString() : null;

    private static int? Number(JsonElement item, int minimum, int maximum) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number) && number >= minimum && number <= maximum ? number : null;

    private string Join(string name) => name.Length == 0 ? _where : $"{_where}.{name}";

    private bool TryGet(string name, out JsonElement member)
    {
        _ = _asked.Add(name);
        member = default;
        return _owner.ValueKind == JsonValueKind.Object && _owner.TryGetProperty(name, out member);
    }

    private ImmutableArray<T>? List<T>(string name, bool optional, Func<JsonElement, T?> read, string words, bool mayBeEmpty = false)
        where T : class => ListOf(name, optional, words, mayBeEmpty, item => read(item) is { } value ? [value] : ImmutableArray<T>.Empty);

    private ImmutableArray<int>? List(string name, bool optional, Func<JsonElement, int?> read, string words) =>
        ListOf(name, optional, words, mayBeEmpty: false, item => read(item) is { } value ? [value] : ImmutableArray<int>.Empty);

    private ImmutableArray<T>? ListOf<T>(string name, bool optional, string words, bool mayBeEmpty, Func<JsonElement, ImmutableArray<T>> read)
    {
        if (!TryGet(name, out var list))
        {
            if (!optional)
            {
                _ = Fail(name, $"must be a list of 1 to {MaxValues} {words}");
            }

            return null;
        }

        if (list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= MaxValues && (mayBeEmpty || list.GetArrayLength() > 0))
        {
            var items = list.EnumerateArray().Select(read).ToList();
            if (items.TrueForAll(item => item.Length == 1))
            {
                return [.. items.Select(item => item[0])];
            }
        }

        _ = Fail(name, $"must be a list of 1 to {MaxValues} {words}");
        return null;
    }
}
