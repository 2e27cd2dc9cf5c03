using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Admin.Commands;

/// <summary>Options of a command: a name and a value each. A name that the command does not know, or one twice, is told.</summary>
internal sealed class Options
{
    private readonly List<(string Name, string Value)> _given = [];

    /// <summary>The value of an option that stands once; <see langword="null"/> if it is not given.</summary>
    public string? this[string name] => _given.Find(option => option.Name == name).Value;

    /// <summary>Reads a command's options.</summary>
    /// <param name="command">Its name, for messages.</param>
    /// <param name="arguments">Names and values.</param>
    /// <param name="known">Names; one that ends with * may stand more than once.</param>
    /// <param name="options">What was read.</param>
    /// <param name="mistake">What is wrong, in one line.</param>
    public static bool TryRead(string command, ReadOnlySpan<string> arguments, IReadOnlyList<string> known, [NotNullWhen(true)] out Options? options, [NotNullWhen(false)] out string? mistake)
    {
        options = null;
        mistake = null;
        var read = new Options();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var name = arguments[i];
            if (!known.Contains(name + "*") && (!known.Contains(name) || read[name] is not null))
            {
                mistake = $"{name} is not an option of {command}, or stands twice: see cleanroom-admin --help.";
                return false;
            }

            if (i + 1 == arguments.Length)
            {
                mistake = $"{name} has no value: see cleanroom-admin --help.";
                return false;
            }

            read._given.Add((name, arguments[i + 1]));
        }

        options = read;
        return true;
    }

    /// <summary>All values of an option that may stand more than once.</summary>
    public IReadOnlyList<string> All(string name) => [.. _given.Where(option => option.Name == name).Select(static option => option.Value)];
}
