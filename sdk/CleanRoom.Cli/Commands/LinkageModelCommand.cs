using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Cli.Commands;

/// <summary>The numbers that a charter's linkage model stands for.</summary>
internal static class LinkageModelCommand
{
    private static readonly Argument<string?> Model = new("MODEL")
    {
        Description = "File of a model; without it the one that ships.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Out = new("--out") { Description = "File to write the model to, to be changed or given to the operator.", HelpName = "FILE" };

    public static Command Create()
    {
        var model = new Command("model", "Show a linkage model, its numbers and the digest that charters name.") { Model, Out };
        model.Handle(Show);
        return model;
    }

    /// <summary>Gives the digest that is meant: of the shipped model, of a file, or as it is.</summary>
    public static Digest Read(string? text) => text is null ? RoomModel.Shipped.Digest : Digest.TryParse(text, out var digest) ? digest : ReadFile(text).Digest;

    /// <summary>Says which model a digest is.</summary>
    public static string NameOf(Digest digest) => digest == RoomModel.Shipped.Digest
        ? $"{RoomModel.Shipped.Name}, which ships with this program"
        : "not the one that ships with this program: have its file given to you, and read it with \"cleanroom charter model FILE\"";

    private static int Show(Call call)
    {
        var path = call.Get(Model);
        var model = path is null ? RoomModel.Shipped : ReadFile(path);
        var numbers = JsonNode.Parse(model.ToJson())!.AsObject();
        if (call.Get(Out) is { } to)
        {
            Write(to, model);
        }

        call.Screen.Result(
            new JsonObject { ["name"] = model.Name, ["digest"] = model.Digest.ToString(), ["ships"] = model.Digest == RoomModel.Shipped.Digest, ["model"] = numbers },
            null,
            () =>
            {
                call.Screen.Line($"{model.Name}: {(model.Digest == RoomModel.Shipped.Digest ? "ships with this program" : "not the one that ships")}");
                call.Screen.Line($"  {model.Digest}");
                call.Screen.Table(
                    ["of", "what", "bits, share or count"],
                    from section in numbers
                    where section.Value is JsonObject
                    from number in section.Value!.AsObject()
                    select (IReadOnlyList<string>)[section.Key, number.Key, number.Value!.GetValue<double>().ToString(CultureInfo.InvariantCulture)]);
            });
        return ExitCodes.Ok;
    }

    private static RoomModel ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return RoomModel.Read(file);
        }
        catch (FormatException exception)
        {
            throw new ClientException(ClientProblem.BadData, $"{path}: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} cannot be read: name the file of a linkage model, or its digest (sha256: and 43 characters of base64url).");
        }
    }

    private static void Write(string path, RoomModel model)
    {
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            using var writer = new StreamWriter(file);
            writer.Write(model.ToJson() + "\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{path} cannot be created: name a file that does not exist yet, in a folder that you may write.");
        }
    }
}
